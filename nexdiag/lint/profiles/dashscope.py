"""What DashScope, Alibaba's service for Qwen, accepts and refuses in its compatible mode."""

from nexdiag.core.endpoint import Limits, Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles.shapes import dashscope_error
from nexdiag.lint.server import Marks

_PARAMETER = "<400> InternalError.Algo.InvalidParameter: "
_UNANSWERED = (
    f'{_PARAMETER}An assistant message with "tool_calls" must be followed by tool messages responding to each '
    '"tool_call_id". The following tool_call_ids did not have response messages: message[{index}].role'
)

PROFILE = Profile(
    name="dashscope",
    title="DashScope",
    aliases=(r"\bdashscope\b(?!-compat)", r"\bbailian\b", r"alibaba cloud model studio"),
    refuses=(
        Refusal(
            rule="orphan-tool-result",
            status=400,
            body=dashscope_error(
                f'{_PARAMETER}messages with role "tool" must be a response to a preceeding message with "tool_calls".'
            ),
            source="philschmid/mcp-openai-gemini-llama-example#5",
            seen="qwen-max",
        ),
        Refusal(
            rule="unanswered-tool-call",
            status=400,
            body=dashscope_error(_UNANSWERED),
            source="QwenLM/qwen-code#606",
            seen="qwen3-coder-plus",
        ),
        Refusal(
            rule="tool-result-not-adjacent",
            status=400,
            body=dashscope_error(_UNANSWERED),
            source="QwenLM/qwen-code#606 (the words for a call without an answer)",
            seen="qwen3-coder-plus",
        ),
        Refusal(
            rule="split-parallel-tool-calls",
            status=400,
            body=dashscope_error(_UNANSWERED),
            source="QwenLM/qwen-code#606 (the first of the two messages has a call without an answer)",
            seen="qwen3-coder-plus",
        ),
        Refusal(
            rule="tool-call-id-mismatch",
            status=400,
            body=dashscope_error(_UNANSWERED),
            source="QwenLM/qwen-code#606 (the call is without an answer to its id)",
            seen="qwen3-coder-plus",
        ),
        Refusal(
            rule="developer-role",
            status=400,
            body=dashscope_error(
                "developer is not one of ['system', 'assistant', 'user', 'tool', 'function'] - "
                "'messages.['{index}].role'"
            ),
            source="michelle-avery/openai-compatible-conversation#21",
            seen="qwen-plus",
        ),
        Refusal(
            rule="empty-tool-calls-array",
            status=400,
            body=dashscope_error(f"{_PARAMETER}Empty tool_calls is not supported in message."),
            source="smallmain/vscode-unify-chat-provider#65",
            seen="qwen-plus",
        ),
    ),
    routes=("/compatible-mode/v1/chat/completions", "/compatible-mode/v1/responses", "/compatible-mode/v1/models"),
    stream=StreamHabits(reasoning_field="reasoning_content"),
    limits=Limits(roles=("system", "assistant", "user", "tool", "function")),
    sends=Sends(stream_options=True, reasoning_field="reasoning_content"),
)

MARKS = Marks(headers=("^x-dashscope-",), url=(r"^https?://[^/]*\bdashscope(?:-intl|-us)?\.aliyuncs\.com(?::|/|$)",))
