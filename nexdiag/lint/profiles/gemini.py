"""What Google's Gemini accepts and refuses, on its OpenAI-compatible address."""

from nexdiag.core.endpoint import Limits, Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles.shapes import gemini_error
from nexdiag.lint.server import Conditional, Marks

_NOT_ADJACENT = "Please ensure that function response turn comes immediately after a function call turn."
_UNEQUAL = (
    "Please ensure that the number of function response parts is equal to the number of function call parts of the "
    "function call turn."
)

_DENIED = ("$schema", "additionalProperties", "propertyNames", "const", "exclusiveMinimum")
PROFILE = Profile(
    name="gemini",
    title="Gemini",
    aliases=(r"\bgemini\b(?!-compat)(?! ?(?:cli|compat))", r"google ai studio", r"\bvertex(?: ?ai)?\b.*gemini"),
    refuses=(
        Refusal(
            rule="unanswered-tool-call",
            status=400,
            body=gemini_error(_UNEQUAL),
            source="microsoft/vscode#299295",
            seen="gemini-3-pro",
        ),
        Refusal(
            rule="orphan-tool-result",
            status=400,
            body=gemini_error(_NOT_ADJACENT),
            source="langchain-ai/langchain#27799",
            seen="gemini-1.5",
        ),
        Refusal(
            rule="tool-result-not-adjacent",
            status=400,
            body=gemini_error(_NOT_ADJACENT),
            source="langchain-ai/langchain#27799",
            seen="gemini-1.5",
        ),
        Refusal(
            rule="split-parallel-tool-calls",
            status=400,
            body=gemini_error(_UNEQUAL),
            source="microsoft/vscode#299295 (the calls of one turn are counted)",
            seen="gemini-3-pro",
        ),
        Refusal(
            rule="tool-call-not-after-user",
            status=400,
            body=gemini_error(
                "Please ensure that function call turn comes immediately after a user turn or after a function "
                "response turn."
            ),
            source="google-gemini/gemini-cli#11814, continuedev/continue#11164",
            seen="gemini-3.1-pro",
        ),
        Refusal(
            rule="thought-signature-missing",
            status=400,
            body=gemini_error(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to "
                "work correctly. Additional data, function call `default_api:{name}` , position {position}."
            ),
            source="Gitlawb/openclaude#67",
            seen="gemini-3.1-pro-preview",
            models=r"gemini-(?:[3-9]|\d\d)",
        ),
        Refusal(
            rule="tool-name-format",
            status=400,
            body=gemini_error(
                "Invalid function name: {name}. Must start with a letter or an underscore. Must be alphameric (a-z, "
                "A-Z, 0-9), underscores (_), dots (.) or dashes (-), with a maximum length of 64."
            ),
            source="google-gemini/gemini-cli#2966",
            seen="gemini-2.5",
        ),
        Refusal(
            rule="tool-name-empty",
            status=400,
            body=gemini_error(
                "Invalid function name: . Must start with a letter or an underscore. Must be alphameric (a-z, "
                "A-Z, 0-9), underscores (_), dots (.) or dashes (-), with a maximum length of 64."
            ),
            source="google-gemini/gemini-cli#2966",
            seen="gemini-2.5",
        ),
        Refusal(
            rule="tool-schema-invalid",
            status=400,
            body=gemini_error(
                'Invalid JSON payload received. Unknown name "{keyword}" at '
                "'tools[0].function_declarations[{tool}].parameters': Cannot find field."
            ),
            source="tailcallhq/forgecode#3426",
            seen="gemini-3.5-flash",
        ),
    ),
    routes=("/v1beta/openai/chat/completions", "/v1beta/openai/models"),
    stream=StreamHabits(tool_index=False),
    limits=Limits(
        tool_name="[A-Za-z_][A-Za-z0-9_.-]{0,63}",
        schema_keywords_denied=_DENIED,
        schema_wants=("items",),
    ),
    sends=Sends(stream_options=True, schema_without=_DENIED),
)

CONDITIONAL = (
    Conditional(
        variant="2025-02",
        when="it is as old as February 2025: later an object may be without properties",
        limits=Limits(schema_wants=("items", "filled-properties")),
        refusal=Refusal(
            rule="tool-schema-invalid",
            status=400,
            body=gemini_error(
                "* GenerateContentRequest.tools[0].function_declarations[{tool}].parameters.properties: should be "
                "non-empty for OBJECT type\n"
            ),
            source="AstrBotDevs/AstrBot#288, vercel/ai#3371; bug-ops/zeph#1641 (that it is taken in 2026-03)",
            seen="gemini-2.0",
        ),
    ),
)

MARKS = Marks(
    url=(
        r"^https?://generativelanguage\.googleapis\.com(?::|/|$)",
        r"^https?://[^/]*aiplatform\.googleapis\.com/.*gemini",
    ),
    body=(r'"extra_content":\s*\{\s*"google":',),
)
