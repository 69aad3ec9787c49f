"""Tool calls out of their streamed deltas, for servers that number, name or identify them well, late or not at all.

The table of who is meant, first line that fits:

    a known id (on the same index, where both have one)      that call
    an index whose call has another id                       a new call, which takes over the index
    an index                                                 the call there (its id came late), or a new one
    no index, a name though the last call has one            a new call (Gemini and old Ollama send whole calls so)
    no index, an id though the last call has another         a new call
    neither                                                  the most recent call
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.chat.message import as_text
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


class Slots:
    """The tool calls of one reply."""

    def __init__(self) -> None:
        """Start with none."""
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
            ToolCall(id=slot.id, name=slot.name, arguments=jsontext.mend("".join(slot.arguments)))
            for slot in self._slots
        )

    def _take(self, entry: dict[str, Any]) -> Piece:
        function = entry.get("function")
        function = function if isinstance(function, dict) else {}
        call_id, name = as_text(entry.get("id")), as_text(function.get("name"))
        text = function.get("arguments")
        text = text if isinstance(text, str) else as_text(text)
        index = entry.get("index")
        slot = self._find(call_id, index if type(index) is int else None, name)
        if call_id and not slot.id:
            slot.id = call_id
            self._by_id[call_id] = slot
        if name.startswith(slot.name):  # the first, the same again, or grown
            slot.name = name
        elif not slot.arguments and len(slot.name) < _LONGEST_NAME:  # a name may come in pieces, before its arguments
            slot.name += name
        if text:
            slot.arguments.append(text)
        self._last = slot
        return Piece(place=slot.place, name=slot.name, text=jsontext.mend(text))

    def _find(self, call_id: str, index: int | None, name: str) -> Slot:
        known = self._by_id.get(call_id)
        if known is not None and (index is None or known.index is None or known.index == index):
            return known
        slot = self._last if index is None else self._by_index.get(index)
        if slot is None:
            return self._open(index)
        other = call_id and slot.id not in ("", call_id)
        whole_call = index is None and name and slot.name
        return self._open(index) if other or whole_call else slot

    def _open(self, index: int | None) -> Slot:
        slot = Slot(len(self._slots), index)
        self._slots.append(slot)
        if index is not None:
            self._by_index[index] = slot
        return slot
