"""What Azure OpenAI accepts and refuses. Its deployments, not the model's name in the request, choose the model."""

import msgspec

from nexdiag.core.endpoint import Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles import openai
from nexdiag.lint.profiles.shapes import openai_error
from nexdiag.lint.server import Conditional, Marks

_SOURCES = {
    "orphan-tool-result": "Nikunj2003/LLaMa-MCP-Streamlit#1",
    "max-tokens-param": "anomalyco/opencode#37964",
    "unknown-param": "langchain-ai/langchain#23552",
}
"""What was seen on Azure itself."""

_SAFE = {"filtered": False, "severity": "safe"}
_FILTERED = {
    "choices": [],
    "created": 0,
    "id": "",
    "model": "",
    "object": "",
    "prompt_filter_results": [
        {
            "prompt_index": 0,
            "content_filter_results": {"hate": _SAFE, "self_harm": _SAFE, "sexual": _SAFE, "violence": _SAFE},
        },
    ],
}
"""What its content filter says of the prompt comes first, without a choice (test data of microsoft/semantic-kernel)."""

PROFILE = Profile(
    name="azure",
    title="Azure OpenAI",
    aliases=(r"\bazure\b",),
    refuses=(
        *(
            msgspec.structs.replace(
                refusal,
                source=_SOURCES.get(refusal.rule, f"{refusal.source} (OpenAI; Azure runs the same checks)"),
            )
            for refusal in openai.REFUSES
        ),
        Refusal(
            rule="base-url-missing-v1",
            status=404,
            body={"error": {"code": "404", "message": "Resource not found"}},
            source="microsoft/autogen#3953, ai-shifu/ChatALL#305",
            seen="2024-10",
        ),
    ),
    routes=(
        "/openai/v1/chat/completions",
        "/openai/v1/responses",
        "/openai/v1/models",
        "/openai/deployments/{deployment}/chat/completions",
        "/openai/responses",
        "/openai/models",
    ),
    stream=StreamHabits(opening=_FILTERED),
    limits=openai.PROFILE.limits,
    sends=Sends(stream_options=True, max_tokens_field="max_completion_tokens"),
)

CONDITIONAL = (
    Conditional(
        variant="2024-05",
        when='the api-version is older than the middle of 2024, or the deployment answers "on your data"',
        aliases=(
            r"azure.*(?:202[0-3]|2024-0[1-6]).*(?:before|earlier|older)",
            r"azure.*(?:before|older than|until) (?:mid[- ])?(?:202[0-3]|2024)",
            r"azure.*api-version[= ](?:202[0-3]|2024-0[1-6])",
            r"azure.*on your data",
        ),
        refusal=Refusal(
            rule="stream-options-unsupported",
            status=400,
            body=openai_error("Unrecognized request argument supplied: stream_options"),
            source="langchain-ai/langchain#23552, Azure/azure-sdk-for-js#30751",
            seen="2024-06",
        ),
    ),
)

MARKS = Marks(
    headers=("^(?:llm_provider-)?(?:x-ms-region|apim-request-id|azureml-model-session):",),
    url=(r"^https?://[^/]*\.openai\.azure\.com(?::|/|$)", r"^https?://[^/]*\.cognitiveservices\.azure\.com(?::|/|$)"),
)
