"""What can be kept of a damaged recording: every line that is whole, and that needs no line that is not. Pure.

Headers are no such need: what was said survives without them, under an empty list that stands in for a lost one.
What the lines mean is the codec's: a line stays if the codec takes it after the lines that stay before it.
"""

import msgspec

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette.frames import Whole
from nexdiag.codec.cassette.lines import Line, ResponseLine, SharedHeaders
from nexdiag.codec.cassette.recording import Recording
from nexdiag.core.cassette import FORMAT, Cassette, Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Headers
from nexdiag.core.version import TOOL

_UNREADABLE = (ValueError, RecursionError)
_WORDS = 200
_KINDS = ("link", "headers", "exchange", "tool", "log", "said", "ended")
"""The keys that tell the kinds of lines apart, the first that is there."""
_STREAM: Headers = (("content-type", "text/event-stream"),)
"""What stands in for the headers of a stream: without it nobody could read one."""
_EVENT = ("data:", "event:", ":")
"""How an event stream begins."""
_line = msgspec.json.Decoder(Line)
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw])


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A line that cannot be kept."""

    line: int
    """From 1."""
    why: str


class Salvage(msgspec.Struct, frozen=True, kw_only=True):
    """What was kept of a file."""

    cassette: Cassette
    raw: bytes
    """A whole recording: the lines that were kept, byte for byte, and what stands in for lost headers."""
    left_out: tuple[LeftOut, ...] = ()
    bared: tuple[LeftOut, ...] = ()
    """Exchanges that were kept, but not their headers: why not."""

    @property
    def whole(self) -> bool:
        """Whether all could be kept."""
        return not (self.left_out or self.bared)


def salvage(raw: bytes, *, name: str = "") -> Salvage:
    """Keep what can be kept.

    Raises `CassetteError` for a file of a newer format, and for one that holds no line of a cassette.
    """
    lines = raw.split(b"\n")
    header, lost = _header(lines[0], name)
    keeping = _Keeping(Recording(Splitter(), size=len(raw)))
    first = codec.Encoder().header(header).rstrip(b"\n") if lost else lines[0]
    if lost:
        keeping.left_out.append(LeftOut(line=1, why=f"the header is lost ({lost}); a new one names no endpoint"))
    first_is_no_header = lost and kind(lines[0]) != "other"
    for number, line in enumerate(lines if first_is_no_header else lines[1:], start=1 if first_is_no_header else 2):
        if line.strip() or number < len(lines):
            keeping.take(number, line)
    if lost and not any(line.strip() and kind(line) != "other" for line in keeping.kept):
        raise CassetteError(f"{name or 'the recording'} is no cassette: {lost}", hint="name a *.cassette.jsonl file")
    return Salvage(
        cassette=keeping.recording.cassette(header, name=name, tear=None),
        raw=b"\n".join([first, *keeping.kept]) + b"\n",
        left_out=tuple(keeping.left_out),
        bared=tuple(keeping.bared),
    )


class _Keeping:
    """Takes the lines of a damaged file in order."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.kept: list[bytes] = []
        self.left_out: list[LeftOut] = []
        self.bared: list[LeftOut] = []
        self._lost: set[int] = set()
        """The lists of headers that others stand in for."""

    def take(self, number: int, line: bytes) -> None:
        """Keep the line if it can be kept; else say why not."""
        why = _taken(self.recording, line)
        references = _references(line) if why is not None or self._lost else {}
        instead = {name: pairs for name, pairs in references.items() if name not in self.recording.headers}
        if why is not None and instead:
            self.recording.headers |= instead
            why = _taken(self.recording, line)
        if why is not None:
            for name in instead:
                del self.recording.headers[name]
            self.left_out.append(LeftOut(line=number, why=why))
            return
        self._lost |= set(instead)
        self.kept += [msgspec.json.encode({"headers": name, "pairs": pairs}) for name, pairs in instead.items()]
        self.kept.append(line)
        if lost := [str(name) for name in references if name in self._lost]:
            why = f"the exchange is kept without its headers, which are lost (list {', '.join(lost)})"
            self.bared.append(LeftOut(line=number, why=why))


def _references(line: bytes) -> dict[int, Headers]:
    """The lists of headers that an exchange refers to, and what could stand in for each."""
    try:
        read = _line.decode(line)
    except _UNREADABLE:
        return {}
    if read.exchange is None:
        return {}
    found: dict[int, Headers] = {}
    if read.request is not None and isinstance(read.request.headers, SharedHeaders):
        found[read.request.headers.as_] = ()
    if read.response is not None and isinstance(read.response.headers, SharedHeaders):
        found[read.response.headers.as_] = _STREAM if _streams(read.response) else ()
    return found


def _streams(response: ResponseLine) -> bool:
    """Whether the body begins as an event stream does."""
    piece = next(iter(response.chunks), "")
    if isinstance(piece, Whole):
        return (piece.text or "").startswith(_EVENT)
    within = piece if isinstance(piece, str) else str(next(iter(piece), ""))
    return (response.frame[0] + within).startswith(_EVENT)


def kind(line: bytes) -> str:
    """What a line holds: the key that tells it; `other` for one of a later version, or no line at all."""
    try:
        keys = _keys.decode(line)
    except _UNREADABLE:
        return "other"
    return next((key for key in _KINDS if keys.get(key, b"null") != b"null"), "other")


def _taken(recording: Recording, line: bytes) -> str | None:
    """None if the line was taken, or is blank; else why not."""
    if not line.strip():
        return None
    if line.startswith((b"<<<<<<< ", b"=======", b">>>>>>> ", b"||||||| ")):
        return "a mark of a merge that was not finished"
    try:
        recording.take(_line.decode(line))
    except _UNREADABLE as error:
        return " ".join(str(error).split())[:_WORDS] or type(error).__name__
    return None


def _header(line: bytes, name: str) -> tuple[Header, str]:
    """The header; where it is lost, an empty one and why. A newer format is nobody's loss: it is refused."""
    try:
        return codec.decode(line, name=name).header, ""
    except CassetteError as error:
        if _version(line) > FORMAT:
            raise
        why = error.what.removeprefix(name or "the recording").strip().removeprefix("is no cassette: ")
        return Header(tool=TOOL), f"it {why}" if why.startswith("is ") else why


def _version(line: bytes) -> int:
    """The format that a first line names; 0 if it names none."""
    try:
        version = msgspec.json.decode(_keys.decode(line).get("cassette", b"null"))
    except _UNREADABLE:
        return 0
    return version if type(version) is int else 0
