"""A recording's file → a smaller one, and what was left out on the way."""

from pathlib import Path

import msgspec

from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette
from nexdiag.report.wording import count
from nexdiag.runner.cassettes import files
from nexdiag.runner.cassettes.prune import Keep, prune
from nexdiag.runner.cassettes.salvage import kind

_NOTHING = "left out nothing: all of it was wanted"


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file."""

    path: Path
    backup: Path | None
    dropped: tuple[str, ...]
    """A line for each sort of thing that was left out, with how many."""
    before: int
    after: int
    """Bytes."""


def prune_file(path: Path, keep: Keep, output: Path | None) -> Pruned:
    """Write the smaller recording to `output`, or without one in the place of the file, which is kept beside it.

    Raises `CassetteError` for what is no cassette or cannot be written, and what `prune` raises.
    """
    raw = files.read(path)
    cassette = codec.decode(raw, name=str(path))
    smaller = prune(cassette, keep)
    written = codec.encode(smaller)
    backup = None
    if output is None:
        backup = files.replace(path, written)
    else:
        files.create(output, written)
    return Pruned(
        path=output or path,
        backup=backup,
        dropped=(*_dropped(cassette, smaller), *_of_later_versions(raw)) or (_NOTHING,),
        before=len(raw),
        after=len(written),
    )


def _dropped(whole: Cassette, smaller: Cassette) -> list[str]:
    sorts = (
        (len(whole.turns), len(smaller.turns), "turn"),
        (len(whole.exchanges), len(smaller.exchanges), "exchange"),
        (len(whole.tool_runs), len(smaller.tool_runs), "tool run"),
        (len(whole.log), len(smaller.log), "log line"),
    )
    told = [f"left out {before - after:,} of {count(before, noun)}" for before, after, noun in sorts if after < before]
    if whole.tear:
        told.append(f"left out the torn end: {whole.tear}")
    return told


def _of_later_versions(raw: bytes) -> list[str]:
    """Lines that this nexdiag has no word for: it cannot write them again."""
    later = sum(bool(line.strip()) and kind(line) == "other" for line in raw.split(b"\n")[1:-1])
    return [f"left out {count(later, 'line')} of a later version of nexdiag"] if later else []
