"""Anthropic Messages: content blocks and tools ⇄ words. Requests and replies are built of these.

What a model said is kept whole in `Message.extra["anthropic"]` wherever the words alone would not give it back:
thinking with its signature, redacted thinking, server tools, the order of blocks. It goes back on this wire, and on no
other, as long as the message still says what the blocks say.

Law: reading never raises; a shape that is wrong is brought to the nearest right one.
"""

import re
from collections.abc import Sequence
from typing import Any

from nexdiag.codec.chat import ToolSpec
from nexdiag.codec.lenient import arguments_object, arguments_text, call_id, fields, objects, tool_name, words
from nexdiag.core.message import Message, ToolCall

KEY = "anthropic"
"""The key in `Message.extra`."""
_THINKING = ("thinking", "redacted_thinking")
_PREFIX = "toolu_"
_NO_OUTPUT = "(no output)"
_DATA = re.compile(r"data:([^;,]+);base64,(.*)", re.DOTALL)


def clean_id(wanted: str) -> str:
    """The id of a call as this wire takes it: `^[a-zA-Z0-9_-]+$`."""
    return call_id(wanted, _PREFIX)


def assistant_blocks(message: Message) -> list[dict[str, Any]]:
    """What the model said, as it goes back to it.

    A message that was edited since is written anew, after its thinking: a model that thinks refuses a call without it.
    """
    plain, kept = plain_blocks(message), objects(message.extra.get(KEY))
    if _said(kept) == _said(plain):
        return kept or plain
    return [block for block in kept if block.get("type") in _THINKING] + plain


def plain_blocks(message: Message) -> list[dict[str, Any]]:
    """Text and calls, without anything of the vendor's. Blank text is left out: the server refuses such a block."""
    blocks: list[dict[str, Any]] = []
    if message.text.strip():
        blocks.append({"type": "text", "text": message.text})
    for call in message.tool_calls:
        name, value = tool_name(call.name), arguments_object(call.arguments)
        blocks.append({"type": "tool_use", "id": clean_id(call.id), "name": name, "input": value})
    return blocks


def assistant_message(content: object, arguments: dict[int, str] | None = None) -> Message:
    """What the blocks of a reply, or of an assistant message in a request, say.

    `arguments` gives the raw text of a call by the place of its block, where a stream told it.
    """
    blocks = [_without_nulls(block) for block in _blocks(content)]
    told = arguments or {}
    calls = tuple(
        ToolCall(
            id=words(block.get("id")),
            name=words(block.get("name")),
            arguments=told.get(place) or arguments_text(block.get("input")),
        )
        for place, block in enumerate(blocks)
        if block.get("type") == "tool_use"
    )
    message = Message(
        role="assistant",
        content=_joined(blocks, "text") or None,
        tool_calls=calls,
        reasoning=_joined(blocks, "thinking") or None,
    )
    kept = [block for block in blocks if block.get("type") != "text" or words(block.get("text")).strip()]
    if kept == plain_blocks(message):
        return message
    return Message(
        role="assistant",
        content=message.content,
        tool_calls=calls,
        reasoning=message.reasoning,
        extra={KEY: kept},
    )


def user_blocks(content: str | list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """What a user, or a tool, said: text that is not blank, and other parts."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content.strip() else []
    return [_block(part) for part in content or () if part.get("type") != "text" or words(part.get("text")).strip()]


def user_content(content: object) -> str | list[dict[str, Any]] | None:
    """The text of one block, or the parts of several."""
    blocks = _blocks(content)
    if not blocks:
        return None if content is None else ""
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"} and isinstance(blocks[0]["text"], str):
        return words(blocks[0]["text"])
    return [_part(block) for block in blocks]


def result_block(message: Message) -> dict[str, Any]:
    """What came of a call. A failure must not be empty: the server refuses that."""
    content: str | list[dict[str, Any]] = message.content if isinstance(message.content, str) else ""
    if isinstance(message.content, list):
        content = user_blocks(message.content)
    if message.is_error and not (content.strip() if isinstance(content, str) else content):
        content = _NO_OUTPUT
    block: dict[str, Any] = {
        "type": "tool_result",
        "tool_use_id": clean_id(message.tool_call_id or ""),
        "content": content,
    }
    return block | {"is_error": True} if message.is_error else block


def result_message(block: dict[str, Any]) -> Message:
    """What came of a call, read back."""
    content = block.get("content")
    return Message(
        role="tool",
        content=user_content(content) or "",
        tool_call_id=words(block.get("tool_use_id")),
        is_error=block.get("is_error") is True,
    )


def tools_value(tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    """The tools of a request, in one order. A schema has to say that it is one of an object."""
    return [
        {"name": spec.name, "description": spec.description, "input_schema": {"type": "object"} | spec.parameters}
        for spec in sorted(tools, key=lambda spec: spec.name)
    ]


def tool_spec(value: object) -> ToolSpec | None:
    """One tool of a request; None for what has no name or no schema (a tool that the server itself runs)."""
    entry = fields(value)
    name, schema = entry.get("name"), entry.get("input_schema")
    if not isinstance(name, str) or not isinstance(schema, dict):
        return None
    return ToolSpec(name=name, description=words(entry.get("description")), parameters=schema)


def _said(blocks: list[dict[str, Any]]) -> tuple[str, list[tuple[str, str, object]]]:
    """The text, but for its spaces, and the calls of these blocks: what a message says on any wire."""
    calls = [
        (clean_id(words(block.get("id"))), words(block.get("name")), block.get("input") or {})
        for block in blocks
        if block.get("type") == "tool_use"
    ]
    return "".join(_joined(blocks, "text").split()), calls


def _joined(blocks: list[dict[str, Any]], kind: str) -> str:
    """All text of that kind, in one: a sentence with citations comes in several blocks."""
    return "".join(words(block.get(kind)) for block in blocks if block.get("type") == kind)


def _blocks(content: object) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return objects(content)


def _without_nulls(block: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if value is not None}


def _block(part: dict[str, Any]) -> dict[str, Any]:
    """A content part as chat completions have it, in this wire's form; what has none goes as it is."""
    url = words(fields(part.get("image_url")).get("url"))
    if part.get("type") != "image_url" or not url:
        return part
    data = _DATA.fullmatch(url)
    if data is None:
        return {"type": "image", "source": {"type": "url", "url": url}}
    return {"type": "image", "source": {"type": "base64", "media_type": data[1], "data": data[2]}}


def _part(block: dict[str, Any]) -> dict[str, Any]:
    """A content block as a part; what has no such form stays as it is."""
    source = fields(block.get("source"))
    if block.get("type") != "image":
        return block
    if source.get("type") == "base64":
        url = f"data:{words(source.get('media_type'))};base64,{words(source.get('data'))}"
    else:
        url = words(source.get("url"))
    return {"type": "image_url", "image_url": {"url": url}} if url else block
