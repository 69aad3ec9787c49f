"""What OpenRouter accepts and refuses. Most depends on the provider behind it, whose words it hands on."""

from nexdiag.codec import jsontext
from nexdiag.core.endpoint import Limits, Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles.providers import BEHIND, CHECKED
from nexdiag.lint.profiles.shapes import provider_error
from nexdiag.lint.server import Conditional, Marks

_NO_MODEL = {"error": {"message": "{model} is not a valid model ID", "code": 400}, "user_id": "user_0"}

PROFILE = Profile(
    name="openrouter",
    title="OpenRouter",
    aliases=(r"\bopen[- ]?router\b",),
    refuses=(
        Refusal(
            rule="model-not-found",
            status=400,
            body=_NO_MODEL,
            source="OpenRouterTeam/openrouter-examples#74, RightNow-AI/openfang#697",
            seen="2026-05",
        ),
        Refusal(
            rule="model-name-prefix",
            status=400,
            body=_NO_MODEL,
            source="RightNow-AI/openfang#697, OpenRouterTeam/openrouter-examples#74",
            seen="2026-05",
        ),
    ),
    routes=("/api/v1/chat/completions", "/api/v1/responses", "/api/v1/messages", "/api/v1/models"),
    stream=StreamHabits(usage="always", reasoning_field="reasoning", comment="OPENROUTER PROCESSING"),
    limits=Limits(tool_name="[a-zA-Z0-9_-]{1,128}"),
    sends=Sends(stream_options=True, reasoning_field="reasoning"),
)

CONDITIONAL = tuple(
    Conditional(
        variant="strict",
        when=f"the provider behind it does, as {title} would",
        limits=CHECKED,
        refusal=Refusal(
            rule=rule,
            status=400,
            body=provider_error(jsontext.write(refusal.body).decode(), title),
            source=f"{refusal.source} ({title})",
            seen=refusal.seen,
            models=refusal.models,
            wires=refusal.wires,
        ),
    )
    for rule, (title, refusal) in BEHIND.items()
)
"""One provider's words for each fault: it is no fact of OpenRouter that it is refused."""

MARKS = Marks(
    url=(r"^https?://(?:[^/]*\.)?openrouter\.ai(?::|/|$)",),
    body=(
        r'^\s*\{\s*"id":\s*"gen-\d',
        r'"object":\s*"chat\.completion(?:\.chunk)?"[^{}]*"provider":\s*"',
        r'"provider":\s*"[^"]*",[^{}]*"object":\s*"chat\.completion',
        r"^: OPENROUTER PROCESSING",
        r'"provider_name":\s*"',
    ),
)
