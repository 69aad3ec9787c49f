"""What Azure OpenAI accepts and refuses. Its deployments, not the model's name in the request, choose the model."""

from nexdiag.core.endpoint import Profile, Refusal, Sends
from nexdiag.lint.server import Conditional, Marks

PROFILE = Profile(
    name="azure",
    title="Azure OpenAI",
    aliases=(r"\bazure\b",),
    refuses=(
        Refusal(
            rule="orphan-tool-result",
            status=400,
            body={
                "error": {
                    "message": (
                        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message "
                        "with 'tool_calls'."
                    ),
                    "type": "invalid_request_error",
                    "param": "messages.[{index}].role",
                    "code": None,
                },
            },
            source="Nikunj2003/LLaMa-MCP-Streamlit#1",
            seen="2025-04",
        ),
        Refusal(
            rule="unanswered-tool-call",
            status=400,
            body={
                "error": {
                    "message": (
                        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                        "'tool_call_id'. The following tool_call_ids did not have response messages: {ids}"
                    ),
                    "type": "invalid_request_error",
                    "param": "messages.[{next}].role",
                    "code": None,
                },
            },
            source="router-for-me/CLIProxyAPI#2798 (OpenAI; Azure runs the same checks)",
            seen="2026-04",
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
        "/openai/v1/models",
        "/openai/deployments/{deployment}/chat/completions",
        "/openai/models",
    ),
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
            body={
                "error": {
                    "code": None,
                    "message": "Unrecognized request argument supplied: stream_options",
                    "param": None,
                    "type": "invalid_request_error",
                },
            },
            source="langchain-ai/langchain#23552, Azure/azure-sdk-for-js#30751",
            seen="2024-06",
        ),
    ),
)

MARKS = Marks(
    headers=("^x-ms-region:", "^apim-request-id:", "^azureml-model-session:"),
    url=(r"^https?://[^/]*\.openai\.azure\.com(?::|/|$)", r"^https?://[^/]*\.cognitiveservices\.azure\.com(?::|/|$)"),
)
