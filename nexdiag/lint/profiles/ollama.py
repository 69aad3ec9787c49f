"""What Ollama accepts and refuses on its OpenAI-compatible routes."""

from nexdiag.core.endpoint import Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.server import Marks

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
            rule="model-name-prefix",
            status=404,
            body={
                "error": {
                    "message": 'model "{model}" not found, try pulling it first',
                    "type": "api_error",
                    "param": None,
                    "code": None,
                },
            },
            source="musistudio/claude-code-router#518",
            seen="2025-08",
        ),
    ),
    stream=StreamHabits(reasoning_field="reasoning"),
    sends=Sends(stream_options=True, reasoning_field="reasoning"),
)

MARKS = Marks(
    url=(r"^https?://[^/]*:11434(?:/|$)",), body=(r'"owned_by":\s*"library"', r'"system_fingerprint":\s*"fp_ollama"')
)
