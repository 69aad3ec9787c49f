"""What a recording replaces, and how much of it was: one redactor for new files and for files that are gone on with.

Law: a file is gone on with as it was begun. What its header names as secret is replaced in all that is added to it.
"""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

import msgspec

from nexdiag.capture.redaction.patterns import compiled, read
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError, UsageError
from nexdiag.runner.load import load

_MARK = re.compile(r"\[redacted [0-9a-f]{8}\]")
_MARKS = re.compile(_MARK.pattern.encode())
_CREDENTIAL = re.compile(r"auth|cookie|key|token|secret|password|credential|signature|session")
_MOST_PATTERNS = 200
_LONGEST_PATTERN = 1000
_TEXT = 2**17
"""Characters of a long prompt, which is one line of JSON."""
_BUDGET = 2e11
"""Steps of `re` that all patterns of a header may come to on such a text where it is hostile: half a minute or so."""
_TOLD = 20
_SHOWN = 80
"""Of a header: more patterns than a person names, and characters of one, are left out of a replay."""
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

    It is raised, too, for one of the header that may take for ever, and that the user does not name: what is left out
    would be written. A header is of another version, or of a file that anybody may have written: what is no pattern
    there is left out, and so is a placeholder, which stands where a pattern was itself a secret.
    """
    mine = tuple(patterns)
    compiled(mine)
    return tuple(dict.fromkeys((*mine, *(one for one in recorded if one not in mine and _usable(one)))))


def redactor_of(
    recorded: Iterable[str], secrets: Iterable[str], patterns: Iterable[str] = ()
) -> tuple[Redactor, tuple[str, ...]]:
    """One for a replay, which writes nothing; and what of the header it leaves out, a line each.

    The header is of a file that anybody may have written, and its patterns run over whatever a client sends: nothing
    could end one that takes for ever. Without it, a request with such a secret has no recording. `patterns` are the
    user's own: they are used as they are. Raises `UsageError` for one of these that cannot be.
    """
    mine = tuple(patterns)
    taken: list[str] = []
    left: list[str] = []
    steps = 0.0
    for at, pattern in enumerate(one for one in dict.fromkeys(recorded) if one not in mine):
        why, cost = ("there are too many", 0.0) if at >= _MOST_PATTERNS else _cost(pattern)
        if not why and steps + cost > _BUDGET:
            why = "with those before it, it may take too long"
        if not why:
            taken.append(pattern)
            steps += cost
        elif len(left) < _TOLD or at == _MOST_PATTERNS:
            shown = pattern if len(pattern) <= _SHOWN else f"{pattern[:_SHOWN]}..."
            left.append(f"the redaction {shown!r} in the recording's header is left out: {why}")
        if at >= _MOST_PATTERNS:
            break
    return redactor_for(taken, secrets, mine), tuple(left)


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


def _cost(pattern: str) -> tuple[str, float]:
    """Why a pattern may take for ever, or nothing and what it may cost. It is not tried before that is known."""
    from nexdiag.replay.matching.ambiguity import cost  # noqa: PLC0415 - start-up: most recordings have none
    from nexdiag.replay.matching.patience import endless  # noqa: PLC0415 - as above

    if len(pattern) > _LONGEST_PATTERN:
        return f"it is longer than {_LONGEST_PATTERN} characters", 0.0
    if _MARK.search(pattern):
        return "", 0.0  # it is no pattern any more, and is left out without a word
    if endless(pattern):
        return "it may take for ever, or is no expression", 0.0
    return "", cost(pattern, _TEXT)


def _usable(pattern: str) -> bool:
    from nexdiag.replay.matching.patience import endless  # noqa: PLC0415 - start-up: most files are begun anew

    if _MARK.search(pattern):
        return False
    try:
        read(pattern)
    except UsageError:
        return False
    if endless(pattern):  # so it is not even tried
        what = f"the recording's header names a pattern to redact that may take for ever: {pattern[:_SHOWN]!r}"
        raise UsageError(what, hint="if it is yours, name it again with --redact; else take it out of the header")
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
