"""What llama.cpp's server accepts and refuses."""

from nexdiag.core.endpoint import Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.server import Conditional, Marks

_MEASURED = "measured against the real server"
_SEEN = "xllamacpp 2026.10"

PROFILE = Profile(
    name="llama.cpp",
    title="llama.cpp server",
    aliases=(r"llama[._ -]?cpp(?![._ -]?python)", r"llama[- ]?server", r"docker model runner"),
    refuses=(
        Refusal(
            rule="route-not-found",  # no fault of a request by itself: what the server answers where it serves nothing
            status=404,
            body={"error": {"message": "File Not Found", "type": "not_found_error", "code": 404}},
            source=_MEASURED,
            seen=_SEEN,
        ),
    ),
    routes=("/v1/chat/completions", "/chat/completions", "/v1/models", "/models"),
    stream=StreamHabits(usage="asked", done=True, reasoning_field="reasoning_content"),
    sends=Sends(stream_options=True, reasoning_field="reasoning_content"),
    server_header="llama.cpp",
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
                    "code": 400,
                    "message": (
                        "Unable to generate parser for this template. Automatic parser generation failed: \n"
                        "------------\n"
                        "While executing CallExpression at line 2, column 118 in source:\n"
                        "...p.index0 % 2 == 0) %}{{- raise_exception('Conversation roles must alternate user...\n"
                        "                                           ^\n"
                        "Error: Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/..."
                    ),
                    "type": "invalid_request_error",
                },
            },
            source=_MEASURED,
            seen=_SEEN,
        ),
    ),
)

MARKS = Marks(headers=(r"^server: llama\.cpp",), body=(r'"owned_by":\s*"llamacpp"',))
