"""What LiteLLM's proxy accepts and refuses. Most depends on the provider behind it."""

from nexdiag.core.endpoint import Limits, Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles.providers import BEHIND, CHECKED
from nexdiag.lint.profiles.shapes import Body, openai_error
from nexdiag.lint.server import Conditional, Marks


def _wrapped(title: str, message: str, *, status: int = 400) -> Body:
    """A provider's words with the exceptions of LiteLLM before them, and its routing behind."""
    words = f"litellm.BadRequestError: {title}Exception - {message}. Received Model Group=default"
    return openai_error(words, kind="None", param="None", code=str(status))


PROFILE = Profile(
    name="litellm",
    title="LiteLLM",
    aliases=(r"\blite[- ]?llm\b",),
    refuses=(
        Refusal(
            rule="model-not-found",
            status=400,
            body=openai_error(
                "/chat/completions: Invalid model name passed in model={model}. Call `/v1/models` to view available "
                "models for your key.",
                kind="None",
                param="None",
                code="400",
            ),
            source="BerriAI/litellm#9663, BerriAI/litellm#8821",
            seen="1.61.1",
        ),
    ),
    routes=(
        "/v1/chat/completions",
        "/chat/completions",
        "/v1/responses",
        "/v1/messages",
        "/v1/models",
        "/models",
    ),
    stream=StreamHabits(reasoning_field="reasoning_content"),
    limits=Limits(tool_name="[a-zA-Z0-9_-]{1,128}"),
    sends=Sends(stream_options=True, reasoning_field="reasoning_content"),
)


def _message(refusal: Refusal) -> str:
    body = refusal.body[0] if isinstance(refusal.body, list) else refusal.body
    return str(body["error"]["message"])


CONDITIONAL = tuple(
    Conditional(
        variant="strict",
        when=f"the provider behind it does, as {title} would",
        limits=CHECKED,
        refusal=Refusal(
            rule=rule,
            status=400,
            body=_wrapped(title, _message(refusal)),
            source=f"{refusal.source} ({title})",
            seen=refusal.seen,
            models=refusal.models,
            wires=refusal.wires,
        ),
    )
    for rule, (title, refusal) in BEHIND.items()
)
"""One provider's words for each fault: it is no fact of LiteLLM that it is refused."""

MARKS = Marks(headers=("^x-litellm-",), body=(r'"message":\s*"litellm\.',))
