"""OpenAI Responses: items and tools ⇄ words. Requests and replies are built of these.

What a model said is kept whole in `Message.extra["responses"]` wherever the words alone would not give it back: the
ids of its items, reasoning with its encrypted content, the items of server tools, their order. It goes back on this
wire, and on no other, as long as the message still says what the items say.

Law: reading never raises; a shape that is wrong is brought to the nearest right one.
"""

from collections.abc import Sequence
from typing import Any

from nexdiag.codec.chat import ToolSpec
from nexdiag.codec.lenient import arguments_text, call_id, fields, objects, tool_name, words
from nexdiag.core.message import Message, ToolCall

KEY = "responses"
"""The key in `Message.extra`."""
_SAYS = {"output_text": "text", "refusal": "refusal"}
"""The parts of a message that are text, and their field."""


def clean_id(wanted: str) -> str:
    """The id of a call as this wire takes it: at most 64 characters."""
    return call_id(wanted, "call_")


def assistant_items(message: Message) -> list[dict[str, Any]]:
    """What the model said, as it goes back to it; a message that was edited since is written anew.

    Then its reasoning stays behind: OpenAI refuses a reasoning item without the very item that followed it.
    """
    plain, kept = plain_items(message), objects(message.extra.get(KEY))
    return kept if kept and _said(kept) == _said(plain) else plain


def plain_items(message: Message) -> list[dict[str, Any]]:
    """Text and calls, without anything of the vendor's."""
    items: list[dict[str, Any]] = []
    if message.text:
        part = {"type": "output_text", "text": message.text}
        items.append({"type": "message", "role": "assistant", "content": [part]})
    items += [
        {
            "type": "function_call",
            "call_id": clean_id(call.id),
            "name": tool_name(call.name),
            "arguments": call.arguments,
        }
        for call in message.tool_calls
    ]
    return items


def assistant_message(value: object) -> Message:
    """What the items of a reply, or of an assistant's turn in a request, say."""
    items = objects(value)
    calls = tuple(
        ToolCall(
            id=words(item.get("call_id")),
            name=words(item.get("name")),
            arguments=_arguments(item),
        )
        for item in items
        if item.get("type") == "function_call"
    )
    text = "".join(_text(item) for item in items)
    thoughts = [thought for item in items if (thought := thought_of(item))]
    message = Message(role="assistant", content=text or None, tool_calls=calls, reasoning="\n\n".join(thoughts) or None)
    kept = _returnable(items)
    if kept == plain_items(message):
        return message
    return Message(
        role="assistant", content=message.content, tool_calls=calls, reasoning=message.reasoning, extra={KEY: kept}
    )


def thought_of(item: dict[str, Any]) -> str:
    """What a reasoning item says: its own words (open models), or else the summary of them."""
    if item.get("type") != "reasoning":
        return ""
    said = "".join(words(part.get("text")) for part in objects(item.get("content")))
    return said or "\n\n".join(words(part.get("text")) for part in objects(item.get("summary")))


def user_item(message: Message) -> dict[str, Any]:
    """What a user, or the system further on, said."""
    content = message.content
    parts = [{"type": "input_text", "text": content or ""}] if not isinstance(content, list) else map(_part, content)
    return {"type": "message", "role": message.role, "content": list(parts)}


def user_content(value: object) -> str | list[dict[str, Any]] | None:
    """The text of one part, or the parts of several."""
    if value is None or isinstance(value, str):
        return None if value is None else words(value)
    parts = objects(value)
    if len(parts) == 1 and parts[0].keys() == {"type", "text"} and isinstance(parts[0]["text"], str):
        return words(parts[0]["text"])
    return [_chat_part(part) for part in parts]


def output_item(message: Message) -> dict[str, Any]:
    """What came of a call. This wire is not told whether it failed."""
    content = message.content
    output = list(map(_part, content)) if isinstance(content, list) else content or ""
    return {"type": "function_call_output", "call_id": clean_id(message.tool_call_id or ""), "output": output}


def output_message(item: dict[str, Any]) -> Message:
    """What came of a call, read back."""
    return Message(role="tool", content=user_content(item.get("output")), tool_call_id=words(item.get("call_id")))


def tools_value(tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    """The tools of a request, in one order. Not strict: that is the default here, and refuses most schemas."""
    return [
        {
            "type": "function",
            "name": spec.name,
            "description": spec.description,
            "parameters": spec.parameters,
            "strict": False,
        }
        for spec in sorted(tools, key=lambda spec: spec.name)
    ]


def tool_spec(value: object) -> ToolSpec | None:
    """One tool of a request; None for what is no function with a name (a tool that the server itself runs)."""
    entry = fields(value)
    if entry.get("type") != "function" or not isinstance(entry.get("name"), str):
        return None
    description = words(entry.get("description"))
    return ToolSpec(name=entry["name"], description=description, parameters=fields(entry.get("parameters")))


def _returnable(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items that may go back to a server that has stored nothing.

    Reasoning that is a mere id is not found there; and without it OpenAI refuses the ids of the items that followed.
    """
    kept = [item for item in items if item.get("type") != "reasoning" or item.get("encrypted_content") or _open(item)]
    if len(kept) == len(items):
        return kept
    return [{key: value for key, value in item.items() if key != "id"} for item in kept]


def _open(item: dict[str, Any]) -> bool:
    """Whether the reasoning stands in the item in plain words."""
    return any(words(part.get("text")) for part in objects(item.get("content")))


def _said(items: list[dict[str, Any]]) -> tuple[str, list[tuple[str, str, str]]]:
    """The text and the calls of these items: what a message says on any wire."""
    calls = [
        (clean_id(words(item.get("call_id"))), words(item.get("name")), _arguments(item).strip() or "{}")
        for item in items
        if item.get("type") == "function_call"
    ]
    return "".join(_text(item) for item in items), calls


def _arguments(item: dict[str, Any]) -> str:
    return arguments_text(item.get("arguments") or "")


def _text(item: dict[str, Any]) -> str:
    """The text of a message item, a refusal's words too."""
    if item.get("type", "message") != "message":
        return ""
    content = item.get("content")
    if isinstance(content, str):
        return words(content)
    return "".join(words(part.get(_SAYS.get(words(part.get("type")), ""))) for part in objects(content))


def _part(part: dict[str, Any]) -> dict[str, Any]:
    """A content part as chat completions have it, in this wire's form; what has none goes as it is."""
    if part.get("type") == "text":
        return {**part, "type": "input_text"}
    image = fields(part.get("image_url"))
    if part.get("type") == "image_url" and isinstance(image.get("url"), str):
        detail = {"detail": image["detail"]} if "detail" in image else {}
        return {"type": "input_image", "image_url": image["url"]} | detail
    return part


def _chat_part(part: dict[str, Any]) -> dict[str, Any]:
    """A content part of this wire as chat completions have it; what has no such form stays as it is."""
    if part.get("type") in ("input_text", "output_text"):
        return {**part, "type": "text"}
    if part.get("type") == "input_image" and isinstance(part.get("image_url"), str):
        detail = {"detail": part["detail"]} if "detail" in part else {}
        return {"type": "image_url", "image_url": {"url": part["image_url"]} | detail}
    return part
