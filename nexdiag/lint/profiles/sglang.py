"""What SGLang's server accepts and refuses."""

from nexdiag.core.endpoint import Profile, Refusal, Sends
from nexdiag.lint.server import Conditional, Marks

PROFILE = Profile(
    name="sglang",
    title="SGLang",
    aliases=(r"\bsglang\b",),
    refuses=(
        Refusal(
            rule="base-url-missing-v1",
            status=404,
            body={"detail": "Not Found"},
            source="graphwork/workgraph 6617ef03, provider.rs (the status; the words are those of FastAPI)",
            seen="0.5",
        ),
        Refusal(
            rule="model-name-prefix",
            status=400,
            body={
                "object": "error",
                "message": (
                    "LoRA adapter '{name}' was requested, but LoRA is not enabled. Please launch the server with "
                    "--enable-lora flag and preload adapters using --lora-paths or /load_lora_adapter endpoint."
                ),
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            },
            source="stanfordnlp/dspy#9520",
            seen="0.5.4",
        ),
    ),
    sends=Sends(stream_options=True, reasoning_field="reasoning_content"),
)

CONDITIONAL = (
    Conditional(
        variant="strict",
        when="the model's chat template wants user and assistant in turn, as those of Mistral, Gemma and Llama 2 do",
        refusal=Refusal(
            rule="role-alternation",
            status=400,
            body={
                "object": "error",
                "message": "Conversation roles must alternate user/assistant/user/assistant/...",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            },
            source="the failure that nexdiag was made for (status and words; the object is that of its other refusals)",
            seen="0.5",
        ),
    ),
)

MARKS = Marks(body=(r'"owned_by":\s*"sglang"',))
