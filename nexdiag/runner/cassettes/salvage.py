"""What can be kept of a damaged recording: every line that is whole, and that needs no line that is not. Pure.

What the lines mean is the codec's: a line stays if the codec takes it after the lines that stay before it.
"""

import msgspec

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette.lines import Line
from nexdiag.codec.cassette.recording import Recording
from nexdiag.core.cassette import FORMAT, Cassette, Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.version import TOOL

_UNREADABLE = (ValueError, RecursionError)
_WORDS = 200
_KINDS = ("link", "headers", "exchange", "tool", "log", "said", "ended")
"""The keys that tell the kinds of lines apart, the first that is there."""
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
    """A whole recording: the lines that were kept, byte for byte."""
    left_out: tuple[LeftOut, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether all could be kept."""
        return not self.left_out


def salvage(raw: bytes, *, name: str = "") -> Salvage:
    """Keep what can be kept.

    Raises `CassetteError` for a file of a newer format, and for one that holds no line of a cassette.
    """
    lines = raw.split(b"\n")
    header, lost = _header(lines[0], name)
    recording = Recording(Splitter(), size=len(raw))
    kept = [codec.Encoder().header(header).rstrip(b"\n") if lost else lines[0]]
    taken = 0
    left_out = [LeftOut(line=1, why=f"the header is lost ({lost}); a new one names no endpoint")] if lost else []
    first_is_no_header = lost and kind(lines[0]) != "other"
    for number, line in enumerate(lines if first_is_no_header else lines[1:], start=1 if first_is_no_header else 2):
        why = _taken(recording, line)
        if why is not None:
            left_out.append(LeftOut(line=number, why=why))
        elif line.strip() or number < len(lines):
            kept.append(line)
            taken += bool(line.strip()) and kind(line) != "other"
    if lost and not taken:
        raise CassetteError(f"{name or 'the recording'} is no cassette: {lost}", hint="name a *.cassette.jsonl file")
    cassette = recording.cassette(header, name=name, tear=None)
    return Salvage(cassette=cassette, raw=b"\n".join(kept) + b"\n", left_out=tuple(left_out))


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
        return Header(tool=TOOL), error.what.removeprefix(name).strip()


def _version(line: bytes) -> int:
    """The format that a first line names; 0 if it names none."""
    try:
        version = msgspec.json.decode(_keys.decode(line).get("cassette", b"null"))
    except _UNREADABLE:
        return 0
    return version if type(version) is int else 0
