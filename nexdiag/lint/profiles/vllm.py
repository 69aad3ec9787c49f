"""What vLLM's server accepts and refuses."""

from nexdiag.core.endpoint import Profile, Refusal, Sends
from nexdiag.lint.server import Conditional, Marks

PROFILE = Profile(
    name="vllm",
    title="vLLM",
    aliases=(r"\bvllm\b(?!-mlx)",),
    refuses=(
        Refusal(
            rule="base-url-missing-v1",
            status=404,
            body={"detail": "Not Found"},
            source="meilisearch/documentation#3294 (the status; the words are those of FastAPI for any unknown route)",
            seen="2025-07",
        ),
        Refusal(
            rule="model-name-prefix",
            status=404,
            body={
                "error": {
                    "message": "The model `{model}` does not exist.",
                    "type": "NotFoundError",
                    "param": None,
                    "code": 404,
                },
            },
            source="vllm-project/vllm#3486 (the words), vllm-project/vllm#43995 (the object around them)",
            seen="2026",
        ),
    ),
    sends=Sends(stream_options=True, reasoning_field="reasoning"),  # it reads no other field: vllm#38488
)

CONDITIONAL = (
    Conditional(
        variant="strict",
        when="the model's chat template wants user and assistant in turn, as those of Mistral, Gemma and Llama 2 do",
        refusal=Refusal(
            rule="role-alternation",
            status=400,
            body={
                "error": {
                    # twice, as it was seen
                    "message": "Conversation roles must alternate user/assistant/user/assistant/... "
                    "Conversation roles must alternate user/assistant/user/assistant/...",
                    "type": "BadRequestError",
                    "param": None,
                    "code": 400,
                },
            },
            source="suitenumerique/conversations#197",
            seen="2025-12",
        ),
    ),
)

MARKS = Marks(body=(r'"owned_by":\s*"vllm"',))
