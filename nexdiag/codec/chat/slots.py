"""Tool calls out of their streamed deltas, for servers that number, name or identify them well, late or not at all.

The table of who is meant, first line that fits:

    a known id (on the same index, where both have one)      that call
    an index whose call has another id: with a name, or if   a new call, which takes over the index
      the arguments of that call are whole
    an index                                                 the call there (its id came late, or changed), or a new one
    no index, a name though the last call has one            a new call (Gemini and old Ollama send whole calls so)
    no index, an id though the last call has another         a new call
    neither                                                  the most recent call

What contradicts itself is kept as `conflict`: who would run such a call runs what nobody asked for.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.chat.extent import Extent
from nexdiag.codec.chat.message import CALL_OURS, as_text
from nexdiag.core.message import ToolCall

_LONGEST_NAME = 256
"""A stream that never stops naming one call must not take quadratic time."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What one delta added to a call."""

    place: int
    name: str
    text: str


class Slot:
    """One tool call as it grows."""

    def __init__(self, place: int, index: int | None) -> None:
        """Open an empty call."""
        self.place = place
        self.index = index
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []
        self.extent = Extent()
        self.extra: dict[str, Any] = {}


class Slots:
    """The tool calls of one reply."""

    def __init__(self) -> None:
        """Start with none."""
        self.conflict: str | None = None
        """How the deltas contradicted each other; None if they did not."""
        self._slots: list[Slot] = []
        self._by_id: dict[str, Slot] = {}
        self._by_index: dict[int, Slot] = {}
        self._last: Slot | None = None

    def feed(self, value: object) -> Iterator[Piece]:
        """Take a delta's `tool_calls`: a list, or one object (TGI)."""
        for entry in [value] if isinstance(value, dict) else value if isinstance(value, list) else ():
            if isinstance(entry, dict):
                yield self._take(entry)

    def calls(self) -> tuple[ToolCall, ...]:
        """Give the calls so far, in the order in which they were opened."""
        return tuple(
            ToolCall(
                id=slot.id,
                name=slot.name,
                arguments=jsontext.mend("".join(slot.arguments)),
                extra=jsontext.mended(slot.extra),
            )
            for slot in self._slots
        )

    def _take(self, entry: dict[str, Any]) -> Piece:
        function = entry.get("function")
        function = function if isinstance(function, dict) else {}
        call_id, name = as_text(entry.get("id")), as_text(function.get("name"))
        text = function.get("arguments")
        text = text if isinstance(text, str) else as_text(text)
        slot = self._find(call_id, self._index(entry.get("index")), name)
        if call_id and not slot.id:
            slot.id = call_id
            self._by_id[call_id] = slot
        self._name(slot, name)
        if slot.extent.whole and text and _repeats(slot.arguments, text):  # a gateway's summary at the end
            text = ""
        if text:
            slot.arguments.append(text)
            slot.extent.feed(text)
        for key, value in entry.items():
            if key not in CALL_OURS and value:
                before = slot.extra.get(key)
                slot.extra[key] = before | value if isinstance(before, dict) and isinstance(value, dict) else value
        self._last = slot
        return Piece(place=slot.place, name=slot.name, text=jsontext.mend(text))

    def _index(self, value: object) -> int | None:
        if type(value) is not int:
            return None
        if value < 0:
            self.conflict = self.conflict or f"a tool call has the index {value}"
        return value

    def _name(self, slot: Slot, name: str) -> None:
        if name.startswith(slot.name):  # the first, the same again, or grown
            slot.name = name
        elif not slot.arguments and len(slot.name) < _LONGEST_NAME:  # in pieces, before its arguments
            slot.name += name
        elif name and not slot.name.endswith(name):
            self.conflict = self.conflict or f"a tool call changed its name from {slot.name!r} to {name!r}"

    def _find(self, call_id: str, index: int | None, name: str) -> Slot:
        known = self._by_id.get(call_id)
        if known is not None and (index is None or known.index is None or known.index == index):
            return known
        slot = self._last if index is None else self._by_index.get(index)
        if slot is None:
            return self._open(index)
        other = bool(call_id) and slot.id not in ("", call_id)
        if index is None:
            return self._open(index) if other or (name and slot.name) else slot
        # Some servers make up an id for each delta: without a name it goes on where it stood, unless that is whole.
        return self._open(index) if other and (name or slot.extent.whole) else slot

    def _open(self, index: int | None) -> Slot:
        slot = Slot(len(self._slots), index)
        self._slots.append(slot)
        if index is not None:
            self._by_index[index] = slot
        return slot


def _repeats(pieces: list[str], text: str) -> bool:
    return len(text) == sum(map(len, pieces)) and text == "".join(pieces)
