"""What Groq's service accepts and refuses: a strict schema of messages, and its own words for what is not in it."""

from nexdiag.core.endpoint import Limits, Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles.shapes import openai_error
from nexdiag.lint.server import Marks

_FIELD = (
    "'messages.{index}' : for 'role:{role}' the following must be satisfied[('messages.{index}' : property "
    "'{field}' is unsupported)]"
)

PROFILE = Profile(
    name="groq",
    title="Groq",
    aliases=(r"\bgroq(?:cloud)?\b",),
    refuses=(
        Refusal(
            rule="reasoning-content-rejected",
            status=400,
            body=openai_error(_FIELD.replace("{role}", "assistant")),
            source="janhq/jan#8136, SimonSchubert/Kai#265, NousResearch/hermes-agent#11089",
            seen="2026-08",
        ),
        Refusal(
            rule="unknown-message-field",
            status=400,
            body=openai_error(_FIELD),
            source="ServiceStack/llms#17",
            seen="2026-01",
        ),
        Refusal(
            rule="content-array-unsupported",
            status=400,
            body=openai_error(
                "'messages.{index}' : for 'role:{role}' the following must be satisfied[('messages.{index}.content' : "
                "value must be a string)]"
            ),
            source="OpenHands/OpenHands#4643, huggingface/smolagents#1531, CherryHQ/cherry-studio#3307 (of a tool)",
            seen="2025-07",
        ),
        Refusal(
            rule="unknown-param",
            status=400,
            body=openai_error("property '{param}' is unsupported"),
            source="janhq/jan#8136 (the same words for a message)",
            seen="2026-08",
        ),
        Refusal(
            rule="tool-name-format",
            status=400,
            body=openai_error(
                "Invalid 'tools[{tool}].function.name': string does not match pattern. Expected a string that matches "
                "the pattern '^[a-zA-Z0-9_-]+$'."
            ),
            source="the pattern that it shares with OpenAI, in OpenAI's words",
            seen="2025",
        ),
        Refusal(
            rule="model-not-found",
            status=404,
            body=openai_error(
                "The model `{model}` does not exist or you do not have access to it.", code="model_not_found"
            ),
            source="lobehub/lobehub#3367, continuedev/continue#10166",
            seen="2026-02",
        ),
        Refusal(
            rule="model-name-prefix",
            status=404,
            body=openai_error(
                "The model `{model}` does not exist or you do not have access to it.", code="model_not_found"
            ),
            source="lobehub/lobehub#3367, continuedev/continue#10166",
            seen="2026-02",
        ),
        Refusal(
            rule="base-url-missing-v1",
            status=404,
            body=openai_error(
                "Unknown request URL: {method} {path}. Please check the URL for typos, or see the docs "
                "at https://console.groq.com/docs/",
                code="unknown_url",
            ),
            source="tech-shrimp/deno-api-proxy#3",
            seen="2025-01",
        ),
    ),
    routes=("/openai/v1/chat/completions", "/openai/v1/responses", "/openai/v1/models"),
    stream=StreamHabits(reasoning_field="reasoning"),
    limits=Limits(
        tool_name="[a-zA-Z0-9_-]{1,64}",
        message_fields_refused=(
            "reasoning_content",
            "reasoning_details",
            "thought_signature",
            "thinking_blocks",
            "metadata",
            "timestamp",
        ),
        text_only=("system", "tool"),
    ),
    sends=Sends(max_tokens_field="max_completion_tokens", stream_options=True),
)

MARKS = Marks(
    headers=("^(?:llm_provider-)?x-groq-",), url=(r"^https?://api\.groq\.com(?::|/|$)",), body=(r'"x_groq":\s*\{',)
)
