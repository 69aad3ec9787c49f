"""What llama.cpp refuses before it asks the template: shapes of messages that it cannot read, in its own words.

Read in tools/server/server-common.cpp and common/chat.cpp of llama.cpp as llama-cpp-python 0.3.36 carries it, and
asked of xllamacpp 2026.10. Data and pure functions: a stub may say the same.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from nexdiag.lint.template.outcome import Refused

NO_CONTENT = "All non-assistant messages must contain 'content'"
NEITHER = "Assistant message must contain either 'content' or 'tool_calls'!"
NOT_CONTENT = "Expected 'content' to be a string or an array"
PART_TYPE = "unsupported content[].type"
NO_IMAGES = "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"
TWO_ASSISTANTS = "Cannot have 2 or more assistant messages at the end of the list."
CALLS_LAST = "Cannot continue an assistant message that contains tool calls."
NO_ROLE = "Failed to parse messages: Missing 'role' in message: {message}"
NO_OBJECT = "Failed to parse messages: Expected 'message' to be an object, got {message}"
CALL_TYPE = "Failed to parse messages: Missing tool call type: {call}"
CALL_KIND = "Failed to parse messages: Unsupported tool call type: {call}"
CALL_FUNCTION = "Failed to parse messages: Missing tool call function: {call}"
CALL_NAME = "Failed to parse messages: Missing tool call name: {call}"
NO_TOOLS = "Failed to parse tools: Expected 'tools' to be an array"
TOOL_TYPE = "Failed to parse tools: Missing tool type: {tool}"
TOOL_KIND = "Failed to parse tools: Unsupported tool type: {tool}"
TOOL_FUNCTION = "Failed to parse tools: Missing tool function: {tool}"
_MEDIA = {"image_url": "image", "input_audio": "audio", "input_video": "video", "video_url": "video"}


def refused_before(messages: Sequence[object]) -> Refused | None:
    """What llama.cpp says to these messages before the template sees them; None if it lets them pass."""
    for at, message in enumerate(messages):
        words = _content(message)
        if words:
            return Refused(words=words, at=at, by="server")
    for at, message in enumerate(messages):
        words = _calls(message)
        if words:
            return Refused(words=words, at=at, by="server")
    return _ending([message for message in messages if isinstance(message, dict)])


def tools_refused(tools: object) -> Refused | None:
    """What it says to the list of tools."""
    if not isinstance(tools, list | tuple):
        return Refused(words=NO_TOOLS, by="server", tools=True)
    for tool in tools:
        words = _tool(tool)
        if words:
            return Refused(words=words.format(tool=_text(tool)), by="server", tools=True)
    return None


def prefills(messages: Sequence[dict[str, Any]]) -> bool:
    """Whether the last message is the beginning of the answer: the template does not see it."""
    return bool(messages) and messages[-1].get("role") == "assistant"


def _content(message: object) -> str:
    if not isinstance(message, dict):
        return NO_OBJECT.format(message=_text(message))
    if "content" not in message:
        if message.get("role") != "assistant":
            return NO_CONTENT
        return "" if "tool_calls" in message else NEITHER
    content = message["content"]
    if isinstance(content, list):
        return next(filter(None, map(_part, content)), "")
    return "" if content is None or isinstance(content, str) else NOT_CONTENT


def _part(part: object) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    if isinstance(kind, str) and kind in _MEDIA:
        return NO_IMAGES.replace("image", _MEDIA[kind], 1)
    return "" if kind == "text" else PART_TYPE


def _calls(message: object) -> str:
    if not isinstance(message, dict):
        return ""
    if not isinstance(message.get("role"), str):
        return NO_ROLE.format(message=_text(message))
    calls = message.get("tool_calls")
    return next(filter(None, map(_call, calls)), "") if isinstance(calls, list) else ""


def _call(call: object) -> str:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(call, dict) or "type" not in call:
        words = CALL_TYPE
    elif call["type"] != "function":
        words = CALL_KIND
    elif not isinstance(function, dict):
        words = CALL_FUNCTION
    elif not isinstance(function.get("name"), str) or "arguments" not in function:
        words = CALL_NAME
    else:
        return ""
    return words.format(call=_text(call))


def _tool(tool: object) -> str:
    if not isinstance(tool, dict) or "type" not in tool:
        return TOOL_TYPE
    if tool["type"] != "function":
        return TOOL_KIND
    function = tool.get("function")
    return "" if isinstance(function, dict) and isinstance(function.get("name"), str) else TOOL_FUNCTION


def _ending(messages: Sequence[dict[str, Any]]) -> Refused | None:
    if not prefills(messages):
        return None
    last = len(messages) - 1
    if last and messages[last - 1].get("role") == "assistant":
        return Refused(words=TWO_ASSISTANTS, at=last, by="server")
    if messages[last].get("tool_calls"):
        return Refused(words=CALLS_LAST, at=last, by="server")
    return None


def _text(value: object) -> str:
    try:
        return msgspec.json.encode(value).decode()[:200]
    except (TypeError, UnicodeError, RecursionError):
        return "null"
