"""The messages of a request as the rules see them, and which tool call was answered by which message.

A history only grows, one message at a time, so that a recording of n turns is judged in the time of its text: the next
request of a chat goes on where the last one ended. A rule sees it as it stands when a message has just arrived.
"""

from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.lint.quoting import quote

_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "boolean"),  # before the numbers: in Python it is one
    ((int, float), "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)


class CallSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A tool call in a message: of chat completions, or an Anthropic `tool_use` block."""

    id: str | None
    name: str


class MessageSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One message, however malformed."""

    raw: bytes
    """Its JSON text: equal texts are equal messages."""
    kind: str = "object"
    """The JSON type of the entry: all but `object` is malformed."""
    role: str | None = None
    role_kind: str | None = None
    """The JSON type of its role, in which all but `string` is malformed; None if it has none."""
    text: str = ""
    calls: tuple[CallSeen, ...] = ()
    answers: tuple[str | None, ...] = ()
    """The ids of the calls that it answers; None for a tool message without an id."""

    @property
    def talks(self) -> bool:
        """Neither calls a tool nor answers a call."""
        return not self.calls and not self.answers

    def shown(self, index: int) -> str:
        """One line of evidence."""
        called = f" calls {', '.join(call.name or '?' for call in self.calls[:5])}" if self.calls else ""
        said = f" {quote(self.text)}" if self.text or not called else ""
        return f"messages[{index}] {quote(self.role, 20)[1:-1] if self.role else 'without role'}{called}{said}"


class Asked:
    """A call that waits for its answer."""

    __slots__ = ("at", "call")

    def __init__(self, at: int, call: CallSeen) -> None:
        """The call of the message at that index."""
        self.at = at
        self.call = call


class History:
    """The messages so far."""

    def __init__(self) -> None:
        """Start empty."""
        self.messages: list[MessageSeen] = []
        self.strays: list[str | None] = []
        """Of the ids that the newest message answers, those that nobody asked for."""
        self._open: dict[str | None, list[Asked]] = {}
        self._known: set[str | None] = set()

    def add(self, message: MessageSeen) -> None:
        """Take the next message."""
        at = len(self.messages)
        self.messages.append(message)
        self.strays = [call_id for call_id in message.answers if not self._answer(call_id)]
        for call in message.calls:
            self._open.setdefault(call.id, []).append(Asked(at, call))
            self._known.add(call.id)

    def unanswered(self) -> dict[int, list[CallSeen]]:
        """The calls that no later message answers, by the index of the message that made them."""
        waiting: dict[int, list[CallSeen]] = {}
        for asked in (asked for several in self._open.values() for asked in several):
            waiting.setdefault(asked.at, []).append(asked.call)
        return dict(sorted(waiting.items()))

    def _answer(self, call_id: str | None) -> bool:
        """Whether somebody asked. A second answer, and one that came late, are other faults than an orphan."""
        if call_id is None and self._open:  # without an id it can only mean the last call that still waits
            call_id = next(reversed(self._open))
        waiting = self._open.get(call_id)
        if not waiting:
            return call_id in self._known
        waiting.pop()
        if not waiting:
            del self._open[call_id]
        return True


def read_message(raw: bytes) -> MessageSeen:
    """The message of a JSON text. Never raises."""
    try:
        value = jsontext.read(raw)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        return MessageSeen(raw=raw, kind=kind_of(value))
    role = value.get("role")
    blocks = value.get("content")
    parts = [part for part in blocks if isinstance(part, dict)] if isinstance(blocks, list) else []
    return MessageSeen(
        raw=raw,
        role=role if isinstance(role, str) else None,
        role_kind=kind_of(role) if "role" in value else None,
        text=blocks if isinstance(blocks, str) else _text(parts),
        calls=_calls(value, parts),
        answers=_answers(value, parts),
    )


def kind_of(value: object) -> str:
    """The JSON type of a value, as JSON calls it."""
    return next((kind for types, kind in _KINDS if isinstance(value, types)), "null")


def _text(parts: list[dict[str, Any]]) -> str:
    texts = (part.get("text") or part.get("content") for part in parts)
    return "\n".join(text for text in texts if isinstance(text, str))


def _calls(value: dict[str, Any], parts: list[dict[str, Any]]) -> tuple[CallSeen, ...]:
    """Each call once: some converters send it as a block and in `tool_calls` as well."""
    entries = value.get("tool_calls")
    calls = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    if isinstance(entries, dict):  # TGI 2 sends a single object
        calls = [entries]
    found: dict[object, CallSeen] = {}
    for place, entry in enumerate(calls + [part for part in parts if part.get("type") == "tool_use"]):
        function = entry.get("function")
        name = function.get("name") if isinstance(function, dict) else entry.get("name")
        call = CallSeen(id=_id(entry.get("id")), name=name if isinstance(name, str) else "")
        found.setdefault(place if call.id is None else call.id, call)
    return tuple(found.values())


def _answers(value: dict[str, Any], parts: list[dict[str, Any]]) -> tuple[str | None, ...]:
    ids = [_id(part.get("tool_use_id")) for part in parts if part.get("type") == "tool_result"]
    if value.get("role") == "tool":
        ids.insert(0, _id(value.get("tool_call_id")))
    return tuple(ids)


def _id(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) else None
