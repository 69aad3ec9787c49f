"""What DeepSeek's service accepts and refuses: OpenAI's pairs, a strict schema, and its own rules for thinking."""

from nexdiag.core.endpoint import Limits, Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles.shapes import openai_error, rust_error
from nexdiag.lint.server import Conditional, Marks

_WRONG = "Failed to deserialize the JSON body into the target type: "
_THINKING = r"reasoner|deepseek-r\d|think|v4"
_UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
    "(insufficient tool messages following tool_calls message)"
)
_PAIRS = "langgenius/dify#32222"

PROFILE = Profile(
    name="deepseek",
    title="DeepSeek",
    aliases=(r"\bdeepseek\b(?!-?(?:compat|like|style|r\d|v\d|coder|chat|reasoner|distill)| compat)",),
    refuses=(
        Refusal(
            rule="orphan-tool-result",
            status=400,
            body=rust_error("Messages with role 'tool' must be a response to a preceding message with 'tool_calls'"),
            source="FoundationAgents/OpenManus#23",
            seen="deepseek-chat",
        ),
        Refusal(
            rule="unanswered-tool-call", status=400, body=rust_error(_UNANSWERED), source=_PAIRS, seen="deepseek-chat"
        ),
        Refusal(
            rule="tool-result-not-adjacent",
            status=400,
            body=rust_error(_UNANSWERED),
            source=f"graphwork/workgraph 6617ef03, openai_client.rs; the words are those of {_PAIRS}",
            seen="deepseek-chat",
        ),
        Refusal(
            rule="split-parallel-tool-calls",
            status=400,
            body=rust_error(_UNANSWERED),
            source=f"qwersyk/Newelle#425; the words are those of {_PAIRS}",
            seen="deepseek-v4-flash",
        ),
        Refusal(
            rule="tool-call-id-mismatch",
            status=400,
            body=rust_error(_UNANSWERED),
            source=f"{_PAIRS} (the call is without an answer to its id)",
            seen="deepseek-chat",
        ),
        Refusal(
            rule="developer-role",
            status=400,
            body=rust_error(
                f"{_WRONG}messages[{{index}}].role: unknown variant `developer`, expected one of `system`, `user`, "
                "`assistant`, `tool` at line 1 column 58"
            ),
            source="earendil-works/pi#1048",
            seen="deepseek-reasoner",
        ),
        Refusal(
            rule="content-array-unsupported",
            status=400,
            body=rust_error(f"{_WRONG}messages[{{index}}]: invalid type: sequence, expected a string"),
            source="Gitlawb/openclaude#774, BerriAI/litellm#6642, langchain-ai/langchain#31394",
            seen="deepseek-reasoner",
        ),
        Refusal(
            rule="image-unsupported",
            status=400,
            body=rust_error(f"{_WRONG}messages[{{index}}]: unknown variant `image_url`, expected `text`"),
            source="esengine/DeepSeek-Reasonix#7859, rikkahub/rikkahub#1433",
            seen="deepseek-v4-pro",
        ),
        Refusal(
            rule="reasoning-content-missing",
            status=400,
            body=rust_error("Missing `reasoning_content` field in the assistant message at message index {index}."),
            source="hotovo/aider-desk#529, continuedev/continue#11285",
            seen="deepseek-reasoner",
            models=_THINKING,
        ),
        Refusal(
            rule="tool-choice-unsupported",
            status=400,
            body=openai_error("{model} does not support this tool_choice"),
            source="deepseek-ai/awesome-deepseek-integration#598",
            seen="deepseek-reasoner, deepseek-v4-pro",
            models=r"reasoner",
        ),
        Refusal(
            rule="tool-choice-invalid-value",
            status=400,
            body=rust_error(f"{_WRONG}tool_choice: expected one of `none`, `auto`, `required` or a tool"),
            source="BerriAI/litellm#37470",
            seen="deepseek-chat",
        ),
        Refusal(
            rule="tool-name-format",
            status=400,
            body=rust_error(
                "Invalid 'tools[{tool}].function.name': string does not match pattern. Expected a string that matches "
                "the pattern '^[a-zA-Z0-9_-]+$'."
            ),
            source="the pattern that it shares with OpenAI, in OpenAI's words",
            seen="deepseek-chat",
        ),
        Refusal(
            rule="empty-tools-array",
            status=400,
            body=rust_error(
                "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead."
            ),
            source="marimo-team/marimo#6108, glowingjade/obsidian-smart-composer#398",
            seen="2025-10",
        ),
        Refusal(
            rule="empty-tool-calls-array",
            status=400,
            body=rust_error(
                "Invalid 'messages.tool_calls': empty array. Expected an array with minimum length 1, but got an empty "
                "array instead."
            ),
            source="anomalyco/opencode#41860",
            seen="deepseek-v4-flash",
        ),
        Refusal(
            rule="model-not-found",
            status=400,
            body=rust_error("Model Not Exist"),
            source="ConardLi/easy-dataset#9, langbot-app/LangBot#1643",
            seen="2026-03",
        ),
        Refusal(
            rule="model-name-prefix",
            status=400,
            body=rust_error("Model Not Exist"),
            source="ConardLi/easy-dataset#9, langbot-app/LangBot#1643",
            seen="2026-03",
        ),
        Refusal(
            rule="context-overflow",
            status=400,
            body=rust_error(
                "This model's maximum context length is {window} tokens. However, you requested {requested} tokens "
                "({tokens} in the messages, {max_tokens} in the completion). Please reduce the length of the messages "
                "or completion."
            ),
            source="the words that vllm-project/vllm#20409 shows",
            seen="deepseek-chat",
        ),
    ),
    routes=("/v1/chat/completions", "/chat/completions", "/v1/models", "/models", "/anthropic/v1/messages"),
    stream=StreamHabits(usage="always", reasoning_field="reasoning_content"),
    limits=Limits(
        tool_name="[a-zA-Z0-9_-]{1,64}",
        roles=("system", "user", "assistant", "tool", "latest_reminder"),
        tool_choices=("none", "auto", "required"),
        text_only=("system", "tool"),
    ),
    sends=Sends(stream_options=True, reasoning_field="reasoning_content"),
)

CONDITIONAL = (
    Conditional(
        variant="thinking",
        when="thinking is enabled",
        aliases=(r"deepseek.*\bthinking\b",),
        refusal=Refusal(
            rule="tool-choice-unsupported",
            status=400,
            body=openai_error("Thinking mode does not support this tool_choice"),
            source="can1357/oh-my-pi#7315",
            seen="deepseek-v4-flash",
        ),
    ),
)

MARKS = Marks(headers=("^(?:llm_provider-)?x-ds-trace-id:",), url=(r"^https?://api\.deepseek\.com(?::|/|$)",))
