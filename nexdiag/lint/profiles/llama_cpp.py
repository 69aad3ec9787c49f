"""What llama.cpp's server accepts and refuses. Order is the template's matter; pairs and model names nobody's."""

from nexdiag.core.endpoint import Limits, Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles.shapes import Body, llama_error
from nexdiag.lint.profiles.templates import conditions
from nexdiag.lint.server import Conditional, Marks

_MEASURED = "measured against the real server"
_SEEN = "xllamacpp 2026.10"


def _in_template(words: str) -> Body:
    """The words of a template, as the server reports them: where they stand in its source, and what they are."""
    return llama_error(
        "Unable to generate parser for this template. Automatic parser generation failed: \n"
        "------------\n"
        "While executing CallExpression at line 2, column 118 in source:\n"
        f"...p.index0 % 2 == 0) %}}{{{{- raise_exception('{words[:38]}...\n"
        "                                           ^\n"
        f"Error: Jinja Exception: {words}"
    )


PROFILE = Profile(
    name="llama.cpp",
    title="llama.cpp server",
    aliases=(r"llama[._ -]?cpp(?![._ -]?python)", r"llama[- ]?server", r"docker model runner"),
    refuses=(
        Refusal(
            rule="route-not-found",  # no fault of a request by itself: what the server answers where it serves nothing
            status=404,
            body=llama_error("File Not Found", status=404, kind="not_found_error"),
            source=_MEASURED,
            seen=_SEEN,
        ),
        Refusal(
            rule="tool-args-not-json",
            status=500,
            body=llama_error("Failed to parse tool call arguments as JSON: {reason}", status=500, kind="server_error"),
            source=_MEASURED,
            seen=_SEEN,
        ),
        Refusal(
            rule="missing-content",
            status=400,
            body=llama_error("All non-assistant messages must contain 'content'"),
            source=_MEASURED,
            seen=_SEEN,
        ),
        Refusal(
            rule="tool-choice-invalid-value",
            status=400,
            body=llama_error("Invalid tool_choice: {value}"),
            source=_MEASURED,
            seen=_SEEN,
        ),
        Refusal(
            rule="base-url-wrong-dialect",
            status=404,
            body=llama_error("File Not Found", status=404, kind="not_found_error"),
            source=_MEASURED,
            seen=_SEEN,
        ),
        Refusal(
            rule="context-overflow",
            status=400,
            body=llama_error(
                "request ({tokens} tokens) exceeds the available context size ({window} tokens), try increasing it",
                kind="exceed_context_size_error",
                n_prompt_tokens=0,
                n_ctx=0,
            ),
            source=_MEASURED,
            seen=_SEEN,
        ),
        Refusal(
            rule="tool-schema-invalid",
            status=400,
            body=llama_error("Failed to initialize samplers: failed to parse grammar"),
            source="flagdizero/jenny-android-ai-agent#2",
            seen="b10229",
        ),
    ),
    routes=(
        *("/v1/chat/completions", "/chat/completions", "/v1/responses", "/v1/messages", "/v1/models", "/models"),
        *("/health", "/v1/health", "/props"),
    ),
    stream=StreamHabits(  # measured against the real server, as are the routes beside
        usage="asked",
        done=True,
        reasoning_field="reasoning_content",
        null_start=True,
        call_id="*" * 32,
        own_errors=True,
        no_json=llama_error(
            "[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value"
        ),
    ),
    limits=Limits(tool_choices=("none", "auto", "required"), schema_wants=("object", "grammar")),
    sends=Sends(stream_options=True, reasoning_field="reasoning_content"),
    server_header="llama.cpp",
)

CONDITIONAL = (
    *conditions(
        400,
        _in_template,
        role_alternation=(_MEASURED, _SEEN),
        system_not_first=(f"{_MEASURED}; ggml-org/llama.cpp#27367 (500), ggml-org/llama.cpp#20733 (400)", _SEEN),
        multiple_system_messages=(f"{_MEASURED}; ggml-org/llama.cpp#20733", _SEEN),
    ),
    Conditional(
        variant="b5350",
        when="it is as old as b5350",
        aliases=(r"llama[._ -]?cpp.*\bb53[3-5]\d\b",),
        limits=Limits(null_content=("calls", "no-calls", "tool", "user")),
        refusal=Refusal(
            rule="null-content",
            status=500,
            body=llama_error("Expected 'content' to be a string or an array", status=500, kind="server_error"),
            source="ggml-org/llama.cpp#13471, browser-use/browser-use#1635",
            seen="b5350",
        ),
    ),
    Conditional(
        variant="no-jinja",
        when="it was started without --jinja",
        refusal=Refusal(
            rule="server-tools-not-enabled",
            status=500,
            body=llama_error("tools param requires --jinja flag", status=500, kind="server_error"),
            source="defilantech/LLMKube#126",
            seen="qwen3-32b",
        ),
    ),
    Conditional(
        variant="text",
        when="it was started without a projector for images (--mmproj)",
        refusal=Refusal(
            rule="image-unsupported",
            status=500,
            body=llama_error(
                "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
                status=500,
                kind="server_error",
            ),
            source=_MEASURED,
            seen=_SEEN,
        ),
    ),
    Conditional(
        variant="no-jinja",
        when="it is so old that it takes no tools",
        refusal=Refusal(
            rule="tools-unsupported",
            status=500,
            body=llama_error("Unsupported param: tools", status=500, kind="server_error"),
            source="ggml-org/llama.cpp#10920, ggml-org/llama.cpp#10214",
            seen="b4369",
        ),
    ),
)

MARKS = Marks(headers=(r"^server: llama\.cpp",), body=(r'"owned_by":\s*"llamacpp"', r'"system_fingerprint":\s*"b\d+-'))
