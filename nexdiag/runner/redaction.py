"""What a recording replaces, and how much of it was: one redactor for new files and for files that are gone on with.

Law: a file is gone on with as it was begun. What its header names as secret is replaced in all that is added to it.
"""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

import msgspec

from nexdiag.capture.redaction.patterns import compiled
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError, UsageError
from nexdiag.runner.load import load

_MARK = re.compile(r"\[redacted [0-9a-f]{8}\]")
_MARKS = re.compile(_MARK.pattern.encode())
_CREDENTIAL = re.compile(r"auth|cookie|key|token|secret|password|credential|signature|session")
_LONGEST = 64 * 1024**2
"""Bytes of a first line that may be a header: there may be a scenario in it."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that is over, as its file has it."""

    cassette: Cassette
    size: int
    """Bytes."""
    secrets: int
    """How many different ones were replaced."""


def redactor_for(recorded: Iterable[str], secrets: Iterable[str], patterns: Iterable[str] = ()) -> Redactor:
    """One that does what was done when the file was recorded, too: `recorded` are the redactions in its header.

    Raises `UsageError` for one of `patterns`, the user's own, that cannot be used.
    """
    return Redactor(secrets, patterns=patterns_for(recorded, patterns))


def patterns_for(recorded: Iterable[str], patterns: Iterable[str] = ()) -> tuple[str, ...]:
    """The user's patterns, and those of a header that can be used. Raises `UsageError` for one of the user's.

    A header is of another version, or of a file that anybody may have written: what is no pattern there is left out,
    and so is a placeholder, which stands where a pattern was itself a secret.
    """
    mine = tuple(patterns)
    compiled(mine)
    return tuple(dict.fromkeys((*mine, *filter(_usable, recorded))))


def redactions_of(path: Path) -> tuple[str, ...]:
    """What the header of a file names as secret; nothing where there is no header that can be read."""
    with suppress(OSError, ValueError, CassetteError), path.open("rb") as file:
        return codec.decode(file.readline(_LONGEST), name=str(path)).header.redactions
    return ()


def read_back(path: Path, *, harmless: AbstractSet[bytes] = frozenset()) -> Kept:
    """What came of a recording. Raises `CassetteError` if it cannot be read back."""
    try:
        cassette, raw = load(path), path.read_bytes()
    except OSError as error:
        raise CassetteError(f"{path} cannot be read back: {error.strerror}") from error
    return Kept(cassette=cassette, size=len(raw), secrets=replaced(cassette, raw, harmless=harmless))


def replaced(cassette: Cassette, raw: bytes, *, before: bytes = b"", harmless: AbstractSet[bytes] = frozenset()) -> int:
    """How many different secrets were replaced in a recording that is written as `raw`.

    One that stands in many places is one. Not counted are the `harmless`, those that stood in it `before`, and headers
    that nobody knows, whose names tell of no secret (`x-stainless-os`).
    """
    return len(set(_MARKS.findall(raw)) - set(_MARKS.findall(before)) - harmless - _of_harmless_headers(cassette))


def _usable(pattern: str) -> bool:
    if _MARK.search(pattern):
        return False
    try:
        compiled((pattern,))
    except UsageError:
        return False
    return True


def _of_harmless_headers(cassette: Cassette) -> set[bytes]:
    return {
        value.encode(errors="replace")
        for exchange in cassette.exchanges
        for side in (exchange.request, exchange.response)
        if side is not None
        for name, value in side.headers
        if not _CREDENTIAL.search(name)
    }
