"""What LM Studio's server accepts and refuses. Order is the template's matter."""

from nexdiag.core.endpoint import Limits, Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles.shapes import Body
from nexdiag.lint.profiles.templates import conditions
from nexdiag.lint.server import Conditional, Marks


def _error(message: str) -> Body:
    """An error as it says it: a text."""
    return {"error": message}


PROFILE = Profile(
    name="lm-studio",
    title="LM Studio",
    aliases=(r"\blm[ -]?studio\b",),
    refuses=(
        Refusal(
            rule="null-content",
            status=400,
            body=_error("Invalid 'content': 'content' field must be a string or an array of objects."),
            source="lmstudio-ai/lmstudio-bug-tracker#261, shanevcantwell/langgraph-agentic-scaffold#89",
            seen="0.3.5, 2026-02",
        ),
    ),
    routes=("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/models", "/api/v0/models"),
    stream=StreamHabits(reasoning_field="reasoning_content"),
    limits=Limits(null_content=("calls", "no-calls", "tool", "user")),
    sends=Sends(stream_options=True, null_content=False),
)

CONDITIONAL = (
    *conditions(400, lambda words: _error(f'Error rendering prompt with jinja template: "{words}"')),
    Conditional(
        variant="text",
        when="the model takes no images: it drops them, and says so in its log alone",
        refusal=Refusal(
            rule="image-unsupported",
            status=400,
            body=_error("Ignoring image file part in user message due to missing image config"),
            source="lmstudio-ai/lmstudio-bug-tracker#393 (from its log)",
            seen="0.3.8",
        ),
    ),
)

MARKS = Marks(body=(r'"owned_by":\s*"organization_owner"', r'"stats":\s*\{\s*\}'))
