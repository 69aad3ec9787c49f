"""Chat-completions messages and tool specifications: JSON values ⇄ words. Requests and replies are built of these.

Law: reading never raises; a shape that is wrong is brought to the nearest right one, since rules judge the raw bytes.
"""

from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.message import Message, ToolCall

REASONING_FIELDS = ("reasoning", "reasoning_content")
"""What servers call the thinking: vLLM and OpenRouter the first, DeepSeek, SGLang and llama.cpp the second."""

OURS = frozenset({"role", "content", "tool_calls", "tool_call_id"})
"""The fields that have a place of their own in a Message; all others go to `extra`."""


class ToolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is told of one tool."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=lambda: {"type": "object", "properties": {}})
    """A JSON schema of the arguments object."""


def encode_message(message: Message) -> bytes:
    """Write the JSON text of one message, as it stands in a request."""
    return jsontext.write(message_value(message))


def message_value(message: Message) -> dict[str, Any]:
    """One message as it stands in a request: without reasoning and error mark, unless `extra` has them."""
    # Text "" beside tool calls is sent as null: Anthropic- and Bedrock-backed gateways refuse an empty text block.
    content = message.content if message.content != "" or not message.tool_calls else None
    value: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_calls:
        value["tool_calls"] = [call_value(call) for call in message.tool_calls]
    if message.tool_call_id is not None:
        value["tool_call_id"] = message.tool_call_id
    return value | message.extra


def call_value(call: ToolCall) -> dict[str, Any]:
    """One tool call as the wire has it."""
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def spec_value(spec: ToolSpec) -> dict[str, Any]:
    """One tool as it stands in a request."""
    function = {"name": spec.name, "description": spec.description, "parameters": spec.parameters}
    return {"type": "function", "function": function}


def decode_message(value: object) -> Message:
    """One message of a request or reply, whatever its shape.

    Reasoning is given in `reasoning` and stays in `extra` as well, so that it goes back as it came.
    """
    if not isinstance(value, dict):
        return Message(role="", content=as_text(value))
    extra = {key: entry for key, entry in value.items() if key not in OURS}
    call_id = value.get("tool_call_id")
    return Message(
        role=as_text(value.get("role")),
        content=_content(value.get("content")),
        tool_calls=decode_calls(value.get("tool_calls")),
        tool_call_id=None if call_id is None else as_text(call_id),
        reasoning=reasoning_of(value),
        extra=extra,
    )


def decode_calls(value: object) -> tuple[ToolCall, ...]:
    """Read the tool calls of a message; what is no object is left out."""
    entries = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
    calls = []
    for entry in entries:
        if isinstance(entry, dict):
            function = entry.get("function")
            function = function if isinstance(function, dict) else {}
            name, arguments = as_text(function.get("name")), as_text(function.get("arguments"))
            calls.append(ToolCall(id=as_text(entry.get("id")), name=name, arguments=arguments))
    return tuple(calls)


def decode_spec(value: object) -> ToolSpec | None:
    """One tool of a request; None for what is no function with a name."""
    function = value.get("function") if isinstance(value, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return None
    parameters = function.get("parameters")
    return ToolSpec(
        name=function["name"],
        description=as_text(function.get("description")),
        parameters=parameters if isinstance(parameters, dict) else {},
    )


def reasoning_of(value: dict[str, Any]) -> str | None:
    """Find the thinking in a message or delta. vLLM sends one text in both fields: the first that speaks counts."""
    return next((text for name in REASONING_FIELDS if isinstance(text := value.get(name), str) and text), None)


def as_text(value: object) -> str:
    """Give a string as it is, null as nothing, and anything else (arguments as an object: TGI) as compact JSON."""
    if isinstance(value, str):
        return jsontext.mend(value)
    if value is None:
        return ""
    try:
        return jsontext.write(value).decode()
    except ValueError:
        return ""


def _content(value: object) -> str | list[dict[str, Any]] | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return [part if isinstance(part, dict) else {"type": "text", "text": as_text(part)} for part in value]
    return as_text(value)
