"""What Ollama accepts and refuses on its OpenAI-compatible routes."""

import msgspec

from nexdiag.core.endpoint import Limits, Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles.shapes import Body, openai_error
from nexdiag.lint.profiles.templates import conditions
from nexdiag.lint.server import Conditional, Marks


def _bad(message: str) -> Body:
    return openai_error(message)


def _failed(message: str) -> Body:
    return openai_error(message[:1].lower() + message[1:], kind="api_error")


_NIL = Refusal(
    rule="null-content",
    status=400,
    body=_bad("invalid message content type: <nil>"),
    source="SAIL-Research-Lab/cheetahclaws#72, Kuberwastaken/claurst#118",
    seen="0.13, 2026-04",
)

PROFILE = Profile(
    name="ollama",
    title="Ollama",
    aliases=(r"\bollama\b",),
    refuses=(
        Refusal(
            rule="base-url-missing-v1",
            status=404,
            body="404 page not found",
            source="skye-harris/hass_local_openai_llm#15, ogx-ai/ogx#4646",
            seen="2025",
        ),
        Refusal(
            rule="base-url-wrong-dialect",
            status=404,
            body="404 page not found",
            source="feiskyer/chatgpt-copilot#659",
            seen="2025",
        ),
        Refusal(
            rule="model-name-prefix",
            status=404,
            body=openai_error('model "{model}" not found, try pulling it first', kind="api_error"),
            source="musistudio/claude-code-router#518",
            seen="2025-08",
        ),
        Refusal(
            rule="model-not-found",
            status=404,
            body=openai_error('model "{model}" not found, try pulling it first', kind="api_error"),
            source="musistudio/claude-code-router#518",
            seen="2025-08",
        ),
        _NIL,
        Refusal(
            rule="tool-schema-invalid",
            status=400,
            body=_bad(
                "json: cannot unmarshal array into Go struct field .tools.function.parameters.properties of type "
                "map[string]api.ToolProperty"
            ),
            source="ollama/ollama#10328",
            seen="qwen2.5",
        ),
        Refusal(
            rule="tool-args-wrong-type",
            status=400,
            body={
                "error": "json: cannot unmarshal string into Go struct field "
                "ChatRequest.messages.tool_calls.function.arguments of type api.ToolCallFunctionArguments"
            },
            source="aliasrobotics/cai#76 (on /api/chat)",
            seen="qwen2.5",
        ),
    ),
    routes=("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/models", "/api/ps"),
    stream=StreamHabits(reasoning_field="reasoning", call_id="call_" + "#" * 8),  # notes of g0t4/ask-openai.nvim
    limits=Limits(schema_wants=("object",), null_content=("no-calls", "tool", "user")),
    sends=Sends(stream_options=True, reasoning_field="reasoning", null_content=False),
)

CONDITIONAL = (
    *conditions(
        500, _failed, no_user_message=("ollama/ollama#18107 (after it had cut the messages itself)", "qwen3.8")
    ),
    Conditional(
        variant="no-null",
        when="it takes null nowhere, as was seen of some versions; its source lets null pass beside tool calls",
        limits=Limits(null_content=("calls", "no-calls", "tool", "user")),
        refusal=msgspec.structs.replace(_NIL, source="pydantic/pydantic-ai#5206, SAIL-Research-Lab/cheetahclaws#71"),
    ),
    Conditional(
        variant="no-tools",
        when="the model's template takes no tools",
        refusal=Refusal(
            rule="tools-unsupported",
            status=400,
            body=openai_error("registry.ollama.ai/library/{model} does not support tools", kind="api_error"),
            source="microsoft/magentic-ui#206, heshengtao/super-agent-party#142",
            seen="gemma3:27b-it-fp16, deepseek-r1",
        ),
    ),
    Conditional(
        variant="old",
        when="it is so old that content must be a text, or is asked on /api/chat",
        aliases=(r"\bold(?:er)? ollama", r"ollama.*\bold(?:er)?\b", r"ollama.*\b0\.[0-2]\b"),
        refusal=Refusal(
            rule="content-array-unsupported",
            status=400,
            body=_bad("json: cannot unmarshal array into Go struct field Message.messages.content of type string"),
            source="cline/cline#363; ollama/ollama#10255 (on /api/chat)",
            seen="2024-09",
        ),
    ),
)

MARKS = Marks(
    url=(r"^https?://[^/]*:11434(?:/|$)", r"^https?://(?:[^/]*\.)?ollama\.com(?::|/|$)"),
    body=(r'"owned_by":\s*"library"', r'"system_fingerprint":\s*"fp_ollama"'),
)
