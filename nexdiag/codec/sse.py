"""Server-sent events: bytes ⇄ Event, as WHATWG's "interpreting an event stream" says; what they mean is not known here.

Two departures, on purpose. A browser throws away a last event that no blank line ended; servers that break off, or
forget the last newline, still meant it, so `Parser.close` gives it out and `Parser.torn` tells. A browser carries an
id over to later events; here an event has what its own block said.
"""

import msgspec

_BOM = b"\xef\xbb\xbf"
_DEFAULT = "message"
_MAX_RETRY_DIGITS = 18
"""Beyond that no reconnection time is meant, and Python refuses to read thousands of digits."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event as its own block of lines said it: `id` and `retry` are None where that block had none."""

    data: str
    event: str = _DEFAULT
    id: str | None = None
    retry: int | None = None
    """Milliseconds."""


class Parser:
    """Reads an event stream piece by piece. Never raises, whatever the bytes are."""

    def __init__(self) -> None:
        """Start before the first byte."""
        self.torn = False
        """After `close`: whether the last event was not ended by a blank line."""
        self.mangled = False
        """Whether data came that are no UTF-8: a sign stands for each byte that is lost."""
        self._line = bytearray()  # the line that no newline has ended yet; grows in place, so that time stays linear
        self._after_cr = False
        self._at_start = True
        self._data: list[bytes] = []
        self._type = ""
        self._id: str | None = None
        self._retry: int | None = None

    def feed(self, piece: bytes) -> list[Event]:
        """Take the next bytes, cut anywhere; give the events that they completed."""
        if self._after_cr and piece:
            self._after_cr = False
            piece = piece.removeprefix(b"\n")  # the second half of a CRLF
        if not piece:
            return []
        lines = piece.splitlines()  # of bytes: at LF, CR and CRLF only
        last = piece[-1:]
        self._after_cr = last == b"\r"
        rest = b"" if last in (b"\r", b"\n") else lines.pop()
        if lines and self._line:
            self._line += lines[0]
            lines[0] = bytes(self._line)
            self._line.clear()
        self._line += rest
        return self._read(lines)

    def close(self) -> list[Event]:
        """End the stream: give the last event, if it still waits for its blank line."""
        lines = [bytes(self._line)] if self._line else []
        self._line.clear()
        events = self._read(lines)
        self.torn = bool(self._data)
        return events + self._read([b""])

    def _read(self, lines: list[bytes]) -> list[Event]:
        """Give the events that end in these whole lines."""
        if self._at_start and lines:
            self._at_start = False
            lines[0] = lines[0].removeprefix(_BOM)
        events: list[Event] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif line:
                self._field(line)
            else:
                if self._data:
                    events.append(self._event())
                self._clear()
        return events

    def _field(self, line: bytes) -> None:
        """Take one line other than `data: ...`; comments and unknown names say nothing."""
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._type = _text(value)
        elif name == b"id" and b"\0" not in value:
            self._id = _text(value)
        elif name == b"retry" and value.isdigit() and len(value) <= _MAX_RETRY_DIGITS:
            self._retry = int(value)

    def _event(self) -> Event:
        raw = b"\n".join(self._data)
        try:
            data = raw.decode()
        except UnicodeDecodeError:
            data, self.mangled = _text(raw), True
        return Event(data=data, event=self._type or _DEFAULT, id=self._id, retry=self._retry)

    def _clear(self) -> None:
        self._data = []
        self._type = ""
        self._id = None
        self._retry = None


def encode(event: Event) -> bytes:
    r"""Write the block of lines that reads as this event.

    A CR or CRLF within the text comes back as LF: the format knows no other. In `event` and `id`, which are one line
    each, line ends are dropped.
    """
    lines: list[str] = []
    if event.event != _DEFAULT:
        lines.append("event: " + _one_line(event.event))
    if event.id is not None:
        lines.append("id: " + _one_line(event.id))
    if event.retry is not None:
        lines.append(f"retry: {event.retry}")
    lines += ["data: " + line for line in event.data.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")


def _one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
