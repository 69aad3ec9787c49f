"""What Anthropic's service accepts and refuses. A result belongs into the message after its call; text is not empty."""

from nexdiag.core.endpoint import Limits, Profile, Refusal, StreamHabits
from nexdiag.lint.profiles.shapes import anthropic_error
from nexdiag.lint.server import Marks

NO_PREFILL = r"claude-(?:[a-z]+-)?(?:4[-.](?:[6-9]|[1-9]\d)(?!\d)|[5-9](?!\d))"
"""Models that take no message of the assistant at the end: 4.6 and later."""
NO_LATE_SYSTEM = r"claude-(?!opus-(?:4[-.](?:[89]|[1-9]\d)(?!\d)|[5-9](?!\d)))"
"""Models that take no message of the system at all: all but Opus 4.8 and later."""
_UNANSWERED = (
    "messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {ids}. Each "
    "`tool_use` block must have a corresponding `tool_result` block in the next message."
)
_ORPHAN = (
    "messages.{index}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` "
    "block must have a corresponding `tool_use` block in the previous message."
)
_DOUBLED = (
    "messages.{index}.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with id: "
    "{id}"
)

CHECKS = (
    Refusal(
        rule="unanswered-tool-call",
        status=400,
        body=anthropic_error(_UNANSWERED),
        source="anthropics/claude-code#6575",
        seen="claude-sonnet-4",
    ),
    Refusal(
        rule="tool-result-not-adjacent",
        status=400,
        body=anthropic_error(_UNANSWERED),
        source="anthropics/claude-code#6575 (the result has to be in the next message)",
        seen="claude-sonnet-4",
    ),
    Refusal(
        rule="tool-use-not-last-in-turn",
        status=400,
        body=anthropic_error(_UNANSWERED),
        source="anthropics/claude-code#6575 (the words for a call without a result)",
        seen="claude-sonnet-4",
    ),
    Refusal(
        rule="orphan-tool-result",
        status=400,
        body=anthropic_error(_ORPHAN),
        source="tghamm/Anthropic.SDK#184",
        seen="2026",
    ),
    Refusal(
        rule="tool-call-id-mismatch",
        status=400,
        body=anthropic_error(_ORPHAN),
        source="tghamm/Anthropic.SDK#184 (no call has that id)",
        seen="2026",
    ),
    Refusal(
        rule="duplicate-tool-result",
        status=400,
        body=anthropic_error(_DOUBLED),
        source="anthropics/claude-code#14110",
        seen="claude-haiku-4.5",
    ),
    Refusal(
        rule="duplicate-tool-call-id",
        status=400,
        body=anthropic_error("messages.{index}.content.0: `tool_use` ids must be unique"),
        source="anthropics/claude-code#28515, BerriAI/litellm#23510",
        seen="claude-sonnet-4-6",
    ),
    Refusal(
        rule="empty-content",
        status=400,
        body=anthropic_error("messages: text content blocks must be non-empty"),
        source="anthropics/anthropic-sdk-python#461, BiFangKNT/mtga#68, NousResearch/hermes-agent#11929",
        seen="claude-opus-4-6",
    ),
    Refusal(
        rule="assistant-last",
        status=400,
        body=anthropic_error(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        ),
        source="anomalyco/opencode#18421, llm-exe/llm-exe#503",
        seen="claude-opus-4-6, claude-opus-4-7",
        models=NO_PREFILL,
    ),
    Refusal(
        rule="prefill-trailing-whitespace",
        status=400,
        body=anthropic_error("messages: final assistant content cannot end with trailing whitespace"),
        source="langchain-ai/langchain#35072",
        seen="claude-3-5-sonnet",
    ),
    Refusal(
        rule="thinking-block-missing",
        status=400,
        body=anthropic_error(
            "messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. When "
            "`thinking` is enabled, a final `assistant` message must start with a thinking block."
        ),
        source="anomalyco/opencode#3077",
        seen="claude-sonnet-4",
    ),
    Refusal(
        rule="thinking-block-unexpected",
        status=400,
        body=anthropic_error(
            "messages.{index}.content.0: When thinking is disabled, an `assistant` message in the final position "
            "cannot contain `thinking`. To use thinking blocks, enable `thinking` in your request."
        ),
        source="tailcallhq/forgecode#1853",
        seen="claude-sonnet-4-5",
    ),
    Refusal(
        rule="thinking-block-modified",
        status=400,
        body=anthropic_error(
            "messages.{index}.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant "
            "message cannot be modified. These blocks must remain as they were in the original response."
        ),
        source="anthropics/claude-code#19539, anthropics/claude-code#63404, vybestack/llxprt-code#1653",
        seen="claude-opus-4-6, 2026-05",
    ),
    Refusal(
        rule="tool-name-format",
        status=400,
        body=anthropic_error("tools.{tool}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"),
        source="home-assistant/core#147760, anthropics/claude-code#96152 (the length; it was 64 before)",
        seen="2026-09",
    ),
    Refusal(
        rule="tool-name-empty",
        status=400,
        body=anthropic_error("tools.{tool}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"),
        source="home-assistant/core#147760 (the pattern wants one character)",
        seen="2025-11",
    ),
)
"""What its checks refuse, on its own service and on others that serve its models."""

PROFILE = Profile(
    name="anthropic",
    title="Anthropic",
    aliases=(r"\banthropic\b(?![ -]?(?:compat|like|style|sdk|wire|dialect|messages))", r"\bclaude\b(?![- ]?code)"),
    refuses=(
        *CHECKS,
        Refusal(
            rule="system-not-first",
            status=400,
            body=anthropic_error(
                'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not '
                '"system" as an input message role.'
            ),
            source="ianarawjo/ChainForge#271",
            seen="claude-3-haiku",
            models=NO_LATE_SYSTEM,
            wires=("anthropic",),
        ),
        Refusal(
            rule="model-not-found",
            status=404,
            body=anthropic_error("model: {model}", kind="not_found_error"),
            source="mattermost/mattermost-plugin-agents#257",
            seen="claude-3-5-sonnet",
        ),
    ),
    routes=("/v1/chat/completions", "/v1/messages", "/v1/models"),
    stream=StreamHabits(usage="always", done=False, call_id="toolu_" + "*" * 24),
    limits=Limits(tool_name="[a-zA-Z0-9_-]{1,128}", tool_call_id="[a-zA-Z0-9_-]+"),
)

MARKS = Marks(
    headers=("^(?:llm_provider-)?anthropic-(?:ratelimit-|organization-id:)",),
    url=(r"^https?://api\.anthropic\.com(?::|/|$)",),
)
