"""A damaged recording → a whole one. The original stays, or is kept beside the new one."""

from pathlib import Path

import msgspec

from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import SUFFIX
from nexdiag.core.errors import CassetteError
from nexdiag.runner.cassettes import files
from nexdiag.runner.cassettes.salvage import LeftOut, salvage

_MENDED = ".repaired"


class Repaired(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file."""

    path: Path | None
    """Where the whole recording is; None if the file was whole and was left alone."""
    backup: Path | None = None
    left_out: tuple[LeftOut, ...] = ()
    bared: tuple[LeftOut, ...] = ()
    """Exchanges that were kept without their headers."""
    exchanges: int = 0
    """How many are in what was kept."""
    turns: int = 0
    before: int = 0
    after: int = 0
    """Bytes."""


def repair(path: Path, output: Path | None = None, *, in_place: bool = False) -> Repaired:
    """Write what can be kept to `output` (unnamed: beside the file), or in the place of the file.

    Raises `CassetteError` if the file cannot be read, holds nothing of a cassette, or the new one cannot be written.
    """
    raw = files.read(path)
    kept = salvage(raw, name=str(path))
    size = len(raw)
    exchanges, turns = len(kept.cassette.exchanges), len(kept.cassette.turns)
    if kept.whole:
        return Repaired(path=None, exchanges=exchanges, turns=turns, before=size, after=size)
    _prove(kept.raw, exchanges, path)
    backup = None
    if in_place:
        backup, target = files.replace(path, kept.raw), path
    else:
        target = output or beside(path)
        files.create(target, kept.raw)
    return Repaired(
        path=target,
        backup=backup,
        left_out=kept.left_out,
        bared=kept.bared,
        exchanges=exchanges,
        turns=turns,
        before=size,
        after=len(kept.raw),
    )


def beside(path: Path) -> Path:
    """Where a mended recording goes if nobody says: `NAME.repaired.cassette.jsonl`."""
    return path.with_name(path.name.removesuffix(SUFFIX) + _MENDED + SUFFIX)


def _prove(raw: bytes, exchanges: int, path: Path) -> None:
    """Nothing is written that is not itself whole."""
    again = codec.decode(raw, name=str(path))
    if again.tear or len(again.exchanges) != exchanges:
        raise CassetteError(f"{path} cannot be mended: {again.tear or 'what was kept does not hold'}", hint="keep it")
