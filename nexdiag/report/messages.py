"""What a request holds, read from its bytes: the list of messages, and one message at a glance.

Law: nothing here fails. A body may be any bytes; what cannot be read as a message is shown as the text it is.
"""

import json
from typing import Any

import msgspec

from nexdiag.core.body import Body, Link

_LISTS = ("messages", "input")
"""Where the dialects keep the conversation."""
_UNREADABLE = (ValueError, RecursionError, msgspec.DecodeError)


class Glimpse(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the wire, as far as a reader of one line needs it."""

    role: str
    text: str
    calls: tuple[str, ...] = ()
    """Names of the tools it calls."""


def text_of(raw: bytes) -> str:
    """The bytes as text; what is not UTF-8 is written as its escapes."""
    return raw.decode("utf-8", "backslashreplace")


def parsed(raw: bytes) -> Any:  # noqa: ANN401 - the wire may hold any JSON
    """The JSON value, or None where it is not JSON."""
    try:
        return json.loads(raw)
    except _UNREADABLE:
        return None


def last_message(body: Body) -> Link | None:
    """The last link of the conversation that a request sends; None if it sends none."""
    for key in _LISTS:
        link = body.last_link(key)
        if link is not None:
            return link
    return _linked(body.raw) if body.raw else None


def _linked(raw: bytes) -> Link | None:
    """The conversation of a body that was kept as plain bytes, tied into links here."""
    try:
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        entries = msgspec.json.decode(next(fields[key] for key in _LISTS if key in fields), type=list[msgspec.Raw])
    except (*_UNREADABLE, StopIteration):
        return None
    link: Link | None = None
    for entry in entries:
        link = Link(bytes(entry), link)
    return link


def shared_depth(link: Link | None, before: Link | None) -> int:
    """How many leading messages two conversations have in common."""
    depth = min(link.depth if link else 0, before.depth if before else 0)
    left, right = link.at(depth) if link else None, before.at(depth) if before else None
    while left is not None and right is not None and left is not right and left.digest != right.digest:
        left, right = left.before, right.before
    return left.depth if left is not None and right is not None else 0


def glimpse(raw: bytes) -> Glimpse:
    """Role, text and called tools of one message."""
    message = parsed(raw)
    if not isinstance(message, dict):
        return Glimpse(role="?", text=text_of(raw))
    role = message.get("role", message.get("type"))
    return Glimpse(
        role=role if isinstance(role, str) else "?",
        text=_content(message.get("content", message.get("output"))),
        calls=called(message),
    )


def _content(content: Any) -> str:  # noqa: ANN401 - the wire may hold any JSON
    """Content as text: a string itself, parts by their text or their type."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return json.dumps(content, ensure_ascii=False)
    return "\n".join(_part(part) for part in content)


def _part(part: Any) -> str:  # noqa: ANN401 - the wire may hold any JSON
    if not isinstance(part, dict):
        return str(part)
    text = part.get("text", part.get("content"))
    return text if isinstance(text, str) else f"[{part.get('type', '?')}]"


def called(message: dict[str, Any]) -> tuple[str, ...]:
    """Names of the tools that a message calls, in any of the dialects."""
    names: list[str] = []
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        names.append(name if isinstance(name, str) else "?")
    content = message.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return (*names, *(str(part.get("name", "?")) for part in parts if part.get("type") == "tool_use"))
