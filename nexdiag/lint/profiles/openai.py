"""What OpenAI's own service accepts and refuses."""

from nexdiag.core.endpoint import Profile, Refusal, Sends
from nexdiag.lint.server import Marks

PROFILE = Profile(
    name="openai",
    title="OpenAI",
    aliases=(r"\bopenai\b(?![ -]?(?:compat|protocol|style|like|drop))",),
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
            source="smarter-sh/smarter#264, miurla/morphic#136",
            seen="2024",
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
            source="aliasrobotics/cai#111, router-for-me/CLIProxyAPI#2798",
            seen="2026-04",
        ),
        Refusal(
            rule="empty-messages",
            status=400,
            body={
                "error": {
                    "message": (
                        "Invalid 'messages': empty array. Expected an array with minimum length 1, "
                        "but got an empty array instead."
                    ),
                    "type": "invalid_request_error",
                    "param": "messages",
                    "code": "empty_array",
                },
            },
            source="CopilotKit/CopilotKit#529",
            seen="2024-08",
        ),
        Refusal(
            rule="base-url-missing-v1",
            status=404,
            body={
                "error": {
                    "message": "Invalid URL ({method} {path})",
                    "type": "invalid_request_error",
                    "param": None,
                    "code": None,
                },
            },
            source="microsoft/TaskWeaver#11",
            seen="2023-12",
        ),
        Refusal(
            rule="model-name-prefix",
            status=404,
            body={
                "error": {
                    "message": "The model `{model}` does not exist or you do not have access to it.",
                    "type": "invalid_request_error",
                    "param": None,
                    "code": "model_not_found",
                },
            },
            source="Aider-AI/aider#2030",
            seen="2024-12",
        ),
    ),
    sends=Sends(stream_options=True, max_tokens_field="max_completion_tokens"),
)

MARKS = Marks(headers=("^openai-processing-ms:", "^openai-version:"), url=(r"^https?://api\.openai\.com(?::|/|$)",))
