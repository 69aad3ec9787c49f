"""What Amazon Bedrock accepts and refuses: Converse's own checks, and Anthropic's for its models."""

import msgspec

from nexdiag.core.endpoint import Limits, Profile, Refusal, StreamHabits
from nexdiag.lint.profiles import anthropic
from nexdiag.lint.profiles.shapes import Body
from nexdiag.lint.server import Conditional, Marks

_CLAUDE = r"claude"
_OWN = ("empty-content", "unanswered-tool-call", "orphan-tool-result", "tool-result-not-adjacent")
_EXPECTED = "Expected toolResult blocks at messages.{next}.content for the following Ids: {ids}"


def _said(message: str) -> Body:
    """The body of a ValidationException."""
    return {"message": message}


PROFILE = Profile(
    name="bedrock",
    title="Amazon Bedrock",
    aliases=(r"\bbedrock\b",),
    refuses=(
        Refusal(
            rule="empty-content",
            status=400,
            body=_said(
                "The content field in the Message object at messages.{index} is empty. Add a ContentBlock "
                "object to the content field and try again."
            ),
            source="earendil-works/pi#3443, archestra-ai/archestra#4220",
            seen="2026-04",
        ),
        Refusal(
            rule="unanswered-tool-call",
            status=400,
            body=_said(_EXPECTED),
            source="genkit-ai/aws-bedrock-js-plugin#664",
            seen="2026-07",
        ),
        Refusal(
            rule="tool-result-not-adjacent",
            status=400,
            body=_said(_EXPECTED),
            source="genkit-ai/aws-bedrock-js-plugin#664",
            seen="2026-07",
        ),
        Refusal(
            rule="orphan-tool-result",
            status=400,
            body=_said(
                "The number of toolResult blocks at messages.{index}.content exceeds the number of toolUse "
                "blocks of previous turn."
            ),
            source="strands-agents/harness-sdk#1435, pydantic/pydantic-ai#2327",
            seen="2026-01",
        ),
        *(
            msgspec.structs.replace(
                refusal,
                body=_said(refusal.body["error"]["message"]),
                source=f"{refusal.source} (Anthropic's check of the same models)",
                models=refusal.models or _CLAUDE,
            )
            for refusal in anthropic.CHECKS
            if refusal.rule not in _OWN
        ),
    ),
    routes=("/openai/v1/chat/completions", "/model/{model}/converse", "/model/{model}/invoke"),
    stream=StreamHabits(usage="always", done=False, call_id="tooluse_" + "*" * 22),
    limits=Limits(
        tool_name="[a-zA-Z0-9_-]{1,128}",
        tool_call_id="[a-zA-Z0-9_-]+",
    ),
)

CONDITIONAL = (
    Conditional(
        variant="portkey",
        when="a gateway before it leaves out the calls of a message whose content is null, as Portkey did",
        aliases=(r"bedrock.*\bportkey\b",),
        limits=Limits(null_content=("calls", "no-calls", "tool", "user")),
        refusal=Refusal(
            rule="null-content",
            status=400,
            body=_said(
                "The content field in the Message object at messages.{index} is empty. Add a ContentBlock object to "
                "the content field and try again."
            ),
            source="Portkey-AI/gateway#995",
            seen="claude-3-5-sonnet",
        ),
    ),
)

MARKS = Marks(
    headers=("^(?:llm_provider-)?x-amzn-bedrock-",),
    url=(r"^https?://bedrock(?:-runtime|-mantle)?[.-][^/]*(?:amazonaws\.com|api\.aws)(?::|/|$)",),
)
