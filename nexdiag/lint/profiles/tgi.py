"""What Hugging Face's text-generation-inference accepts and refuses. Order is the template's matter."""

from nexdiag.core.endpoint import Limits, Profile, Refusal, StreamHabits
from nexdiag.lint.profiles.templates import conditions
from nexdiag.lint.server import Marks

PROFILE = Profile(
    name="tgi",
    title="Text Generation Inference",
    aliases=(r"\btgi\b", r"text[- ]generation[- ]inference"),
    refuses=(
        Refusal(
            rule="missing-content",
            status=422,
            body="Failed to deserialize the JSON body into the target type: messages[{index}]: missing field `content` "
            "at line 1 column 1",
            source="pydantic/pydantic-ai#393",
            seen="2.4",
        ),
    ),
    routes=("/v1/chat/completions", "/v1/models"),
    stream=StreamHabits(),
    limits=Limits(),
)

CONDITIONAL = conditions(
    422,
    lambda words: {
        "error": f"Template error: syntax error: {words} (in <string>:1)",
        "error_type": "template_error",
    },
    role_alternation=("run-llama/llama_index#12554", "2024-04"),
)

MARKS = Marks(headers=("^x-compute-type:",), body=(r'"error":\s*"[^"]*",\s*"error_type":\s*"',))
