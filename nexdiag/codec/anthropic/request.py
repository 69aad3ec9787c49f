"""Anthropic Messages requests: Message, ToolSpec ⇄ a JSON body.

This wire has two roles, which take turns: what tools said stands first in the user's turn, in the order of the calls,
and neighbours of one role are one message. The system prompt is a field of its own; a system message further on, which
most models refuse, is said in the user's turn where it stands, so that what was sent before does not change.
"""

from collections.abc import Sequence
from typing import Any

from nexdiag.codec import jsontext
from nexdiag.codec.anthropic.message import (
    assistant_blocks,
    assistant_message,
    clean_id,
    result_block,
    result_message,
    tool_spec,
    tools_value,
    user_blocks,
    user_content,
)
from nexdiag.codec.chat import ChatRequest, ToolSpec
from nexdiag.codec.lenient import body_object, objects, take, words
from nexdiag.core.message import Message

DEFAULT_MAX_TOKENS = 4096
"""This wire requires a limit."""
_SYSTEM = ("system", "developer")
_SHAPE = 'a request is {"model": "...", "max_tokens": 1024, "messages": [{"role": "user", "content": "..."}]}'
_EMPTY = "(empty message)"
"""What is sent for a user who said nothing: the server refuses a message without content."""


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
    system = "\n\n".join(message.text for message in messages[:first] if message.text.strip())
    value: dict[str, Any] = {"model": model, "max_tokens": DEFAULT_MAX_TOKENS if max_tokens is None else max_tokens}
    if system:
        value["system"] = system
    value["messages"] = _alternating(messages[first:])
    if tools:
        value["tools"] = tools_value(tools)
        value["tool_choice"] = {"type": "auto"}
    value["stream"] = stream
    return jsontext.write(value)


def _alternating(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The turns of user and assistant."""
    turns: list[dict[str, Any]] = []
    group: list[Message] = []
    order: dict[str, int] = {}
    for message in messages:
        if message.role != "assistant":
            group.append(message)
            continue
        blocks = assistant_blocks(message)
        if not blocks:  # it would be refused
            continue
        _append(turns, "user", _user_turn(group, order))
        _append(turns, "assistant", blocks)
        group, order = [], {clean_id(call.id): place for place, call in enumerate(message.tool_calls)}
    _append(turns, "user", _user_turn(group, order))
    for turn in turns:
        blocks = turn["content"]
        if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
            turn["content"] = blocks[0]["text"]
    return turns


def _append(turns: list[dict[str, Any]], role: str, blocks: list[dict[str, Any]]) -> None:
    """Add a turn, or to the last one, if that is of the same role."""
    if turns and turns[-1]["role"] == role:
        turns[-1]["content"] += blocks
    elif blocks:
        turns.append({"role": role, "content": blocks})


def _user_turn(group: Sequence[Message], order: dict[str, int]) -> list[dict[str, Any]]:
    results = [result_block(message) for message in group if message.role == "tool"]
    results.sort(key=lambda block: order.get(block["tool_use_id"], len(order)))
    blocks = results + [block for message in group if message.role != "tool" for block in user_blocks(message.content)]
    return blocks or ([{"type": "text", "text": _EMPTY}] if group else [])


def decode_request(body: bytes) -> ChatRequest:
    """Read the body of a request, whatever its fields hold.

    Raises UsageError for what is not a JSON object.
    """
    rest = body_object(body, what="a Messages request", shape=_SHAPE)
    system = "\n\n".join(words(block.get("text")) for block in objects(rest.get("system"))) or words(rest.get("system"))
    rest.pop("system", None)
    messages = [Message(role="system", content=system)] if system else []
    for entry in take(rest, "messages", list, []):
        messages += _messages(entry)
    specs = [tool_spec(entry) for entry in objects(rest.get("tools"))]
    if isinstance(rest.get("tools"), list) and None not in specs:
        del rest["tools"]
    return ChatRequest(
        model=take(rest, "model", str, ""),
        messages=tuple(messages),
        tools=tuple(spec for spec in specs if spec is not None),
        stream=take(rest, "stream", bool, default=False),
        include_usage=True,
        max_tokens=take(rest, "max_tokens", int, None),
        rest=rest,
    )


def _messages(entry: object) -> list[Message]:
    """The messages that one turn stands for: those of tools first, then what the user said."""
    role, content = (words(entry.get("role")), entry.get("content")) if isinstance(entry, dict) else ("", None)
    if role == "assistant":
        return [assistant_message(content)]
    blocks = objects(content)
    results = [result_message(block) for block in blocks if block.get("type") == "tool_result"]
    if not results:
        return [Message(role=role, content=user_content(content))]
    rest = [block for block in blocks if block.get("type") != "tool_result"]
    return results + ([Message(role=role, content=user_content(rest))] if rest else [])
