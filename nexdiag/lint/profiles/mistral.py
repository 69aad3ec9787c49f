"""What Mistral's own service accepts and refuses: the checks of mistral-common, in its words."""

from nexdiag.core.endpoint import Profile, Refusal, StreamHabits
from nexdiag.lint.server import Marks

PROFILE = Profile(
    name="mistral",
    title="Mistral",
    aliases=(r"\bmistral\b(?![-. ]?(?:common|rs\b|nemo|small|[0-9]|instruct|tokenizer))",),
    refuses=(
        Refusal(
            rule="orphan-tool-result",
            status=400,
            body={
                "object": "error",
                "message": "Unexpected role 'tool' after role '{previous}'",
                "type": "invalid_request_message_order",
                "param": None,
                "code": "3230",
            },
            source="charmbracelet/crush#279, zed-industries/zed#37021",
            seen="2025-08",
        ),
        Refusal(
            rule="unanswered-tool-call",
            status=400,
            body={
                "object": "error",
                "message": "Not the same number of function calls and responses",
                "type": "invalid_request_error",
                "param": None,
                "code": None,
            },
            source="camel-ai/camel#1467, mistralai/mistral-common validator.py at bc022b9",
            seen="2025-01",
        ),
        Refusal(
            rule="base-url-missing-v1",
            status=404,
            body={"message": "no Route matched with those values", "request_id": "00000000000000000000000000000000"},
            source="appstrate/appstrate#148 (the address), nextcloud/assistant#593 (the words)",
            seen="2026-06",
        ),
        Refusal(
            rule="model-name-prefix",
            status=400,
            body={
                "object": "error",
                "message": "Invalid model: {model}",
                "type": "invalid_model",
                "param": None,
                "code": "1500",
            },
            source="mistralai/mistral-vibe#617, tmc/langchaingo#1233",
            seen="2026-04",
        ),
    ),
    stream=StreamHabits(usage="always"),
)

MARKS = Marks(headers=("^mistral-correlation-id:",), url=(r"^https?://[^/]*\bapi\.mistral\.ai(?::|/|$)",))
