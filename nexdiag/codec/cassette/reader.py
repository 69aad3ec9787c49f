"""JSON Lines → `Cassette`. Whatever the bytes are: a cassette, or a `CassetteError` that says where it is none."""

import shlex

import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette.encoder import Encoder
from nexdiag.codec.cassette.lines import LATEST, Line
from nexdiag.codec.cassette.recording import Recording
from nexdiag.core.cassette import FORMAT, Cassette, Header
from nexdiag.core.errors import CassetteError

_RECORD = "record one with: nexdiag capture"
_UNREADABLE = (ValueError, RecursionError)
"""All that JSON and base64 readers raise: msgspec's errors, and those of text, are ValueErrors."""

_line = msgspec.json.Decoder(Line)
_first_line = msgspec.json.Decoder(dict[str, msgspec.Raw])
_header = msgspec.json.Decoder(Header)


def decode(raw: bytes, *, name: str = "", splitter: Splitter | None = None) -> Cassette:
    """Read a recording.

    `splitter` receives its links, so that bodies split by it later share them. A last line that is cut off
    ends the reading (a torn tail, told in `Cassette.tear`).

    Raises `CassetteError` for anything else that is no cassette: empty, foreign, of a newer format, or broken.
    """
    recording = Recording(splitter or Splitter(), size=len(raw))
    header, tear = _read(raw, name, recording)
    return recording.cassette(header, name=name, tear=tear)


def resumed(raw: bytes, *, name: str = "") -> Encoder:
    """What goes on writing where a recording ends. Raises `CassetteError` as `decode` does."""
    recording = Recording(Splitter(), size=len(raw))
    _read(raw, name, recording)
    encoder = Encoder()
    encoder.resume(recording.links, recording.headers)
    return encoder


def _read(raw: bytes, name: str, recording: Recording) -> tuple[Header, str | None]:
    """The header, and where the file is torn; every line between is taken by `recording`."""
    lines = raw.split(b"\n")
    header = _read_header(lines[0], name)
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            recording.take(_line.decode(line))
        except _UNREADABLE as error:
            if number == len(lines) and _cut_off(error):  # no line end after it: the writer was stopped here
                return header, f"line {number} is torn ({error}); everything before it was read"
            raise _broken(name, number, error) from error
    return header, None


def _cut_off(error: Exception) -> bool:
    """Whether the text ended too early, rather than said something wrong."""
    return isinstance(error, msgspec.DecodeError | UnicodeDecodeError) and not isinstance(
        error, msgspec.ValidationError
    )


def _read_header(line: bytes, name: str) -> Header:
    where = name or "the recording"
    if not line.strip():
        raise CassetteError(f"{where} is empty", hint=_RECORD)
    try:
        version = msgspec.json.decode(_first_line.decode(line).get("cassette", b"null"))
    except _UNREADABLE as error:
        raise CassetteError(f"{where} is no cassette: its first line is no header ({error})", hint=_RECORD) from error
    if type(version) is not int or version < 1:
        hint = "see docs/reference/cassette.md; a recording of another tool: nexdiag convert A B"
        raise CassetteError(f"{where} is no cassette: its first line has no `cassette` version", hint=hint)
    if version > FORMAT:
        hint = "update nexdiag: pip install -U nexdiag"
        raise CassetteError(f"{where} has cassette format {version}; this nexdiag reads up to {FORMAT}", hint=hint)
    try:
        header = _header.decode(line)
    except _UNREADABLE as error:
        raise _broken(name, 1, error) from error
    if not 0 <= header.created <= LATEST:
        raise _broken(name, 1, ValueError(f"created at {header.created}, which is no time"))
    return header


def _broken(name: str, number: int, why: Exception) -> CassetteError:
    hint = f"keep all that can be kept of it with: nexdiag cassette repair {shlex.quote(name or 'FILE')}"
    return CassetteError(f"{name or 'the recording'} is broken at line {number}: {why}", hint=hint)
