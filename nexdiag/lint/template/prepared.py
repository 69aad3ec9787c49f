"""Messages as llama.cpp hands them to a template: it reads each into its own form, and writes that.

What a client sent beside role, content, calls, ids, name and reasoning does not arrive; null content arrives as "".
Read in common/chat.cpp of llama.cpp as llama-cpp-python 0.3.36 carries it.
"""

from collections.abc import Sequence
from typing import Any

from nexdiag.codec import jsontext
from nexdiag.lint.template.outcome import Abilities

_CHANNEL = "<|channel|>"
_PATCHES = (
    (
        (_CHANNEL, "in message.content or"),
        (
            '{%- if "<|channel|>analysis<|message|>" in message.content or '
            '"<|channel|>final<|message|>" in message.content %}'
        ),
    ),
    (
        ("[TOOL_CALLS]", "if (message['content'] is none or"),
        (
            "{%- if (message['content'] is none or message['content'] == '' or message['content']|length == 0) and "
            "(message['tool_calls'] is not defined or message['tool_calls'] is none or "
            "message['tool_calls']|length == 0) %}"
        ),
    ),
)
"""Checks that llama.cpp takes out of a template before it reads it: of gpt-oss, and of a Mistral model."""


class ArgumentsError(ValueError):
    """Arguments of a call that llama.cpp cannot hand to the template as an object."""

    def __init__(self, at: int, reason: str) -> None:
        """Of the message at that index."""
        super().__init__(f"Failed to parse tool call arguments as JSON: {reason}")
        self.at = at


def patched(text: str) -> str:
    """The template that llama.cpp reads in the place of this one."""
    for signs, check in _PATCHES:
        if all(sign in text for sign in signs):
            text = text.replace(check, "{%- if false %}")
    return text


def as_llama_cpp(messages: Sequence[dict[str, Any]], text: str, abilities: Abilities) -> list[dict[str, Any]]:
    """The messages for the template of that text. Raises ArgumentsError."""
    made = [_message(message) for message in messages]
    for message in made:
        _fit_content(message, abilities)
        if message["role"] == "developer" and _CHANNEL not in text:
            message["role"] = "system"
    if not abilities.system:
        made = _merged(made)
    if abilities.object_arguments:
        for at, message in enumerate(made):
            _open_arguments(message, at)
    return [_special(message, text) for message in made]


def tools_as_llama_cpp(tools: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tools as the template sees them: name, description and parameters, which are never missing."""
    made = []
    for tool in tools:
        function = tool["function"]
        parameters = function.get("parameters") or {"type": "object", "properties": {}}
        known = {"name": function["name"], "description": function.get("description", ""), "parameters": parameters}
        made.append({"type": "function", "function": known})
    return made


def as_transformers(messages: Sequence[dict[str, Any]], abilities: Abilities) -> list[dict[str, Any]]:
    """The messages as vLLM and SGLang give them to transformers: as they came, arguments as objects."""
    made = [dict(message) for message in messages]
    for message in made:
        content = message.get("content")
        if isinstance(content, list) and abilities.texts and not abilities.parts:
            message["content"] = _joined(content)
        calls = message.get("tool_calls")
        if isinstance(calls, list):
            message["tool_calls"] = [_opened(call) for call in calls]
    return made


def _message(message: dict[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    if isinstance(content, list):
        content = [{"type": part.get("type"), "text": part.get("text", "")} for part in content]
    made: dict[str, Any] = {"role": message.get("role"), "content": content or ""}
    for field in ("reasoning_content", "name", "tool_call_id"):
        if message.get(field):
            made[field] = message[field]
    if calls := message.get("tool_calls"):
        made["tool_calls"] = [_call(call) for call in calls]
    return made


def _call(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    arguments = function.get("arguments")
    text = arguments if isinstance(arguments, str) else jsontext.write(arguments).decode()
    made: dict[str, Any] = {"type": "function", "function": {"name": function.get("name"), "arguments": text}}
    return made | ({"id": call["id"]} if call.get("id") else {})


def _fit_content(message: dict[str, Any], abilities: Abilities) -> None:
    content = message["content"]
    if abilities.texts and not abilities.parts and isinstance(content, list):
        message["content"] = _joined(content)
    elif abilities.parts and not abilities.texts and isinstance(content, str):
        message["content"] = [{"type": "text", "text": content}]


def _joined(parts: list[Any]) -> str:
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def _merged(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the first system message, whose text goes before that of the next: the template has no place for it."""
    if not messages or messages[0]["role"] != "system":
        return messages
    if len(messages) == 1:
        return []
    first, second, *rest = messages
    if isinstance(first["content"], str) and isinstance(second["content"], str):
        second = second | {"content": f"{first['content']}\n{second['content']}"}
    return [second, *rest]


def _open_arguments(message: dict[str, Any], at: int) -> None:
    for call in message.get("tool_calls", ()):
        function = call["function"]
        try:
            function["arguments"] = jsontext.read(function["arguments"])
        except ValueError as error:
            raise ArgumentsError(at, str(error)) from None


def _opened(call: object) -> object:
    """A call with its arguments as an object, where they are the text of one."""
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
        return call
    try:
        arguments = jsontext.read(function["arguments"])
    except ValueError:
        return call
    return call | {"function": function | {"arguments": arguments}}


def _special(message: dict[str, Any], text: str) -> dict[str, Any]:
    """What llama.cpp does for single families of models."""
    thought = message.get("reasoning_content")
    if _CHANNEL in text and isinstance(thought, str):
        kept = {key: value for key, value in message.items() if key != "content" or not message.get("tool_calls")}
        return kept | {"thinking": thought}
    ministral = all(sign in text for sign in ("[SYSTEM_PROMPT]", "[TOOL_CALLS]", "[ARGS]")) and "[CALL_ID]" not in text
    if ministral and message["role"] in ("system", "assistant"):
        content = message["content"]
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        thinking = [{"type": "thinking", "thinking": thought}] if isinstance(thought, str) else []
        return {key: value for key, value in message.items() if key != "reasoning_content"} | {
            "content": [*thinking, *parts]
        }
    return message
