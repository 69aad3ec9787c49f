"""OpenAI Responses requests: Message, ToolSpec ⇄ a JSON body.

Nothing is stored on the server (`store: false`): each request carries the whole conversation, as the other wires do, so
that it can be recorded, judged and replayed. The system prompt at the beginning goes out as `instructions`.
"""

import re
from collections.abc import Sequence
from typing import Any

from nexdiag.codec import jsontext
from nexdiag.codec.chat import ChatRequest, ToolSpec
from nexdiag.codec.lenient import body_object, objects, take, words
from nexdiag.codec.responses.item import (
    assistant_items,
    assistant_message,
    output_item,
    output_message,
    tool_spec,
    tools_value,
    user_content,
    user_item,
)
from nexdiag.core.message import Message

_SYSTEM = ("system", "developer")
_SHAPE = 'a request is {"model": "...", "input": [{"role": "user", "content": "..."}]}'
_THINKS = re.compile(r"(?:.*/)?(?:o[1-9]|gpt-[5-9](?!.*chat)|codex)", re.IGNORECASE)
"""Models whose reasoning is asked for in sealed form. OpenAI refuses it for others: `Encrypted content is not supported
with this model`."""
_SEALED = "reasoning.encrypted_content"


def encode_request(
    messages: Sequence[Message],
    *,
    model: str,
    max_tokens: int | None = None,
    tools: Sequence[ToolSpec] = (),
    stream: bool = True,
) -> bytes:
    """Write the body of a request: compact UTF-8, its keys and tools in one order, which keeps prompt caches warm."""
    first = next((place for place, message in enumerate(messages) if message.role not in _SYSTEM), len(messages))
    instructions = "\n\n".join(message.text for message in messages[:first] if message.text.strip())
    value: dict[str, Any] = {"model": model}
    if instructions:
        value["instructions"] = instructions
    value["input"] = [item for message in messages[first:] for item in _items(message)]
    if max_tokens is not None:
        value["max_output_tokens"] = max_tokens
    if tools:
        value["tools"] = tools_value(tools)
        value["tool_choice"] = "auto"
    value["store"] = False
    if _THINKS.match(model):
        value["include"] = [_SEALED]
    value["stream"] = stream
    return jsontext.write(value)


def _items(message: Message) -> list[dict[str, Any]]:
    if message.role == "assistant":
        return assistant_items(message)
    return [output_item(message) if message.role == "tool" else user_item(message)]


def decode_request(body: bytes) -> ChatRequest:
    """Read the body of a request, whatever its fields hold.

    Raises UsageError for what is not a JSON object.
    """
    rest = body_object(body, what="a Responses request", shape=_SHAPE)
    instructions, said = take(rest, "instructions", str, ""), rest.pop("input", None)
    messages = [Message(role="system", content=instructions)] if instructions else []
    messages += [Message(role="user", content=said)] if isinstance(said, str) else _messages(objects(said))
    specs = [tool_spec(entry) for entry in objects(rest.get("tools"))]
    if isinstance(rest.get("tools"), list) and None not in specs:
        del rest["tools"]
    return ChatRequest(
        model=take(rest, "model", str, ""),
        messages=tuple(messages),
        tools=tuple(spec for spec in specs if spec is not None),
        stream=take(rest, "stream", bool, default=False),
        include_usage=True,
        max_tokens=take(rest, "max_output_tokens", int, None),
        rest=rest,
    )


def _messages(items: list[dict[str, Any]]) -> list[Message]:
    """The messages that the items stand for. What an assistant said stands in several items: one message."""
    messages: list[Message] = []
    turn: list[dict[str, Any]] = []
    for item in [*items, None]:
        if item is not None and _of_assistant(item):
            turn.append(item)
            continue
        if turn:
            messages.append(assistant_message(turn))
            turn = []
        if item is not None and item.get("type") == "function_call_output":
            messages.append(output_message(item))
        elif item is not None:
            messages.append(Message(role=words(item.get("role")), content=user_content(item.get("content"))))
    return messages


def _of_assistant(item: dict[str, Any]) -> bool:
    """Whether the model said it: a message of its role, or an item that has none and answers nothing."""
    role = item.get("role")
    return role == "assistant" if role is not None else item.get("type") not in ("function_call_output", "message")
