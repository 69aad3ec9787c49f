"""Cuts text to what a model may see, and bytes to what memory may hold. Pure: no I/O.

Law: no cut splits a character, and every cut says how many characters it left out.
"""

import codecs

SHELL_HEAD = 0.2
"""The share of a shell's output kept from its beginning: errors and sums stand at its end."""

_CONTINUATION = bytes(range(0x80, 0xC0))
"""The bytes that continue a UTF-8 character: what remains without them is one byte a character."""
_LONGEST = 4
"""Bytes of the longest UTF-8 character."""


def _marker(left_out: int) -> str:
    return f"\n[... {left_out} characters left out ...]\n"


def head(text: str, limit: int) -> str:
    """Return the beginning of `text`, whole lines where that costs at most half; at most `limit` with its marker."""
    if len(text) <= limit:
        return text
    room = max(0, limit - len(_marker(len(text))))
    line_end = text.rfind("\n", 0, room + 1)
    kept = line_end if line_end > room // 2 else room
    return text[:kept] + _marker(len(text) - kept)


def head_tail(text: str, limit: int, *, missing: int = 0) -> str:
    """Return the beginning and the end of `text`, 20 to 80; with the marker between them at most `limit` characters.

    `missing` counts characters that an earlier cut already took from the middle.
    """
    if len(text) <= limit and not missing:
        return text
    room = min(len(text), max(0, limit - len(_marker(len(text) + missing))))
    start = int(room * SHELL_HEAD)
    end = len(text) - (room - start)
    return text[:start] + _marker(end - start + missing) + text[end:]


def utf8(text: str) -> str:
    """Return the text with every lone surrogate replaced: it can be written anywhere."""
    return text.encode("utf-8", "replace").decode("utf-8")


class Capture:
    """The first and the last bytes of a stream of any length, in bounded memory."""

    def __init__(self, limit: int = 1 << 20) -> None:
        """Hold at most `limit` bytes of the stream (and, for a moment, as much again of its end)."""
        self._head_limit = int(limit * SHELL_HEAD)
        self._tail_limit = limit - self._head_limit
        self._head = bytearray()
        self._tail = bytearray()
        self._torn = False
        self._missing = 0

    def add(self, piece: bytes) -> None:
        """Take the next bytes of the stream."""
        room = self._head_limit - len(self._head)
        self._head += piece[:room]
        self._tail += piece[room:]
        if len(self._tail) > 2 * self._tail_limit:
            self._shorten()

    def _shorten(self) -> None:
        """Forget the oldest bytes of the tail, but count the characters that begin in them."""
        surplus = len(self._tail) - self._tail_limit
        if surplus > 0:
            self._torn = True
            self._missing += len(self._tail[:surplus].translate(None, _CONTINUATION))
            del self._tail[:surplus]

    def text(self) -> tuple[str, int]:
        """Return what is held, with nothing where the gap is, and how many characters the gap had."""
        self._shorten()
        if not self._torn:
            return bytes(self._head + self._tail).decode("utf-8", "replace"), 0
        # An incremental decoder keeps back the half of a character that the cut left at the end of the head.
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        first = decoder.decode(bytes(self._head))
        halved = 1 if decoder.getstate()[0] else 0
        last = bytes(self._tail)
        cut = next((i for i, byte in enumerate(last[:_LONGEST]) if byte not in _CONTINUATION), 0)
        return first + last[cut:].decode("utf-8", "replace"), self._missing + halved
