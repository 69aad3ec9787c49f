"""Chat-completions messages and tool specifications: JSON values ⇄ words. Requests and replies are built of these.

Law: reading never raises; a shape that is wrong is brought to the nearest right one, since rules judge the raw bytes.
"""

from collections.abc import Collection
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.message import Message, ToolCall

REASONING_FIELDS = ("reasoning", "reasoning_content")
"""What servers call the thinking: vLLM and OpenRouter the first, DeepSeek, SGLang and llama.cpp the second."""

DETAILS = "reasoning_details"
"""OpenRouter's thinking in pieces, with what its providers sign; it goes back as it came."""

OURS = frozenset({"role", "content", "tool_calls", "tool_call_id"})
"""The fields that have a place of their own in a Message; all others go to `extra`."""

CALL_OURS = frozenset({"id", "type", "function", "index"})
"""The same for a ToolCall: Gemini, for one, signs its calls in `extra_content`, and wants that back."""


class ToolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is told of one tool."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=lambda: {"type": "object", "properties": {}})
    """A JSON schema of the arguments object."""


def encode_message(message: Message, *, reasoning_field: str | None = None) -> bytes:
    """Write the JSON text of one message, as it stands in a request."""
    return jsontext.write(message_value(message, reasoning_field=reasoning_field))


def message_value(message: Message, *, reasoning_field: str | None = None, null_content: bool = True) -> dict[str, Any]:
    """One message as it stands in a request, without its error mark.

    Reasoning goes back under `reasoning_field`, if the server wants that, unless `extra` already has it. No text beside
    tool calls is null, which is OpenAI's own form, and which gateways to Anthropic and Bedrock want; with
    `null_content` false it is an empty text, which LM Studio and Ollama want.
    """
    content = message.content
    if message.tool_calls and content in ("", None):
        content = None if null_content else ""
    value: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_calls:
        value["tool_calls"] = [call_value(call) for call in message.tool_calls]
    if message.tool_call_id is not None:
        value["tool_call_id"] = message.tool_call_id
    if reasoning_field and message.role == "assistant" and message.reasoning is not None:
        value[reasoning_field] = message.reasoning
    return value | message.extra


def call_value(call: ToolCall) -> dict[str, Any]:
    """One tool call as the wire has it."""
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function, **call.extra}


def spec_value(spec: ToolSpec, *, without: Collection[str] = ()) -> dict[str, Any]:
    """One tool as it stands in a request; its schema without the keywords that this server does not take."""
    parameters = _plain_schema(spec.parameters, without) if without else spec.parameters
    function = {"name": spec.name, "description": spec.description, "parameters": parameters}
    return {"type": "function", "function": function}


def _plain_schema(schema: Any, without: Collection[str], *, names: bool = False) -> Any:  # noqa: ANN401 - JSON
    """A schema without some keywords; what stands under `properties` are names, and none of them is a keyword."""
    if isinstance(schema, list):
        return [_plain_schema(entry, without) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _plain_schema(entry, without, names=not names and key == "properties")
        for key, entry in schema.items()
        if names or key not in without
    }


def decode_message(value: object) -> Message:
    """One message of a request or reply, whatever its shape.

    Reasoning is given in `reasoning` and stays in `extra` as well, so that it goes back as it came.
    """
    if not isinstance(value, dict):
        return Message(role="", content=as_text(value))
    extra = {key: entry for key, entry in value.items() if key not in OURS}
    call_id = value.get("tool_call_id")
    calls = decode_calls(value.get("tool_calls"))
    if not calls and isinstance(extra.get("function_call"), dict):  # the form before tool_calls: one, without an id
        calls = decode_calls({"function": extra.pop("function_call")})
    return Message(
        role=as_text(value.get("role")),
        content=_content(value.get("content")),
        tool_calls=calls,
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
            extra = {key: value for key, value in entry.items() if key not in CALL_OURS}
            calls.append(ToolCall(id=as_text(entry.get("id")), name=name, arguments=arguments, extra=extra))
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
    """Find the thinking in a message or delta. Servers that send it in two fields mean one: the first that speaks."""
    for name in REASONING_FIELDS:
        thought = value.get(name)
        if isinstance(thought, dict):  # the Responses form, which some gateways hand through
            thought = next((thought[key] for key in ("text", "content") if isinstance(thought.get(key), str)), None)
        if isinstance(thought, str) and thought:
            return thought
    details = value.get(DETAILS)
    texts = [
        next((entry[key] for key in ("text", "summary") if isinstance(entry.get(key), str)), "")
        for entry in (details if isinstance(details, list) else ())
        if isinstance(entry, dict)
    ]
    return "".join(texts) or None


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
