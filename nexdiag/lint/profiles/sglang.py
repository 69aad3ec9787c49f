"""What SGLang's server accepts and refuses. It checks tools and their arguments, but neither order nor pairs."""

from nexdiag.core.endpoint import Limits, Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles.shapes import flat_error
from nexdiag.lint.profiles.templates import conditions
from nexdiag.lint.server import Conditional, Marks

_SOURCE = "serving_chat.py of sgl-project/sglang at 002897c"
_SEEN = "002897c"

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
            body=flat_error(
                "LoRA adapter '{name}' was requested, but LoRA is not enabled. Please launch the server with "
                "--enable-lora flag and preload adapters using --lora-paths or /load_lora_adapter endpoint."
            ),
            source="stanfordnlp/dspy#9520",
            seen="0.5.4",
        ),
        Refusal(
            rule="empty-messages",
            status=400,
            body=flat_error("Messages cannot be empty."),
            source=_SOURCE,
            seen=_SEEN,
        ),
        Refusal(
            rule="tool-args-not-json",
            status=400,
            body=flat_error("Assistant tool call function.arguments must be valid JSON."),
            source=_SOURCE,
            seen=_SEEN,
        ),
        Refusal(
            rule="tool-args-not-object",
            status=400,
            body=flat_error("Assistant tool call function.arguments must be a JSON object."),
            source=f"{_SOURCE}, sgl-project/sglang#28035 (older versions fail in the template)",
            seen=_SEEN,
        ),
        Refusal(
            rule="tool-schema-invalid",
            status=400,
            body=flat_error("Tool {tool} function has invalid 'parameters' schema: {reason}"),
            source=_SOURCE,
            seen=_SEEN,
        ),
        Refusal(
            rule="tool-not-declared",
            status=400,
            body=flat_error("Tool '{name}' not found in tools list."),
            source=_SOURCE,
            seen=_SEEN,
        ),
        Refusal(
            rule="tool-choice-without-tools",
            status=400,
            body=flat_error("Tools cannot be empty if tool choice is set to required."),
            source=_SOURCE,
            seen=_SEEN,
        ),
        Refusal(
            rule="max-tokens-exceeds-context",
            status=400,
            body=flat_error(
                "max_completion_tokens is too large: {max_tokens}. This model supports at most {window} completion "
                "tokens."
            ),
            source=_SOURCE,
            seen=_SEEN,
        ),
    ),
    routes=("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/models"),
    stream=StreamHabits(reasoning_field="reasoning_content"),
    limits=Limits(schema_wants=("valid",)),
    sends=Sends(stream_options=True, reasoning_field="reasoning_content"),
)

CONDITIONAL = (
    *conditions(
        400,
        flat_error,
        role_alternation=(
            "the failure that nexdiag was made for (status and words; the object is that of its other refusals)",
            "0.5",
        ),
    ),
    Conditional(
        variant="0.4",
        when="it is older than 0.5: its schema wants a content in each message",
        aliases=(r"sglang.*\b0\.[0-4]\b",),
        limits=Limits(null_content=("calls", "no-calls", "tool", "user")),
        refusal=Refusal(
            rule="null-content",
            status=400,
            body=flat_error(
                "[{'type': 'string_type', 'loc': ('body', 'messages', {index}, 'content'), "
                "'msg': 'Input should be a valid string', 'input': None}]"
            ),
            source="sgl-project/sglang#4236",
            seen="0.4.3",
        ),
    ),
    Conditional(
        variant="0.4",
        when="it is older than 0.5: its schema wants a content in each message",
        refusal=Refusal(
            rule="missing-content",
            status=400,
            body=flat_error(
                "[{'type': 'missing', 'loc': ('body', 'messages', {index}, 'content'), "
                "'msg': 'content Field required'}]"
            ),
            source="sgl-project/sglang#4236",
            seen="0.4.3",
        ),
    ),
)

MARKS = Marks(body=(r'"owned_by":\s*"sglang"', r'"matched_stop":'))
