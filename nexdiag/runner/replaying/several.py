"""Several recordings, one after the other: one that cannot be played is told, and the others are played."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.core.errors import CassetteError, NexdiagError, NothingToDo
from nexdiag.core.run import Run
from nexdiag.runner.load import find, load
from nexdiag.runner.replaying.rerun import rerun


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """One recording that was to be played."""

    path: Path
    run: Run | None = None
    error: NexdiagError | None = None
    """Why it was not played: a `CassetteError`, or `NothingToDo`."""


def replay_all(paths: Sequence[Path]) -> Iterator[Replayed]:
    """Play each cassette named, and each below a directory named."""
    for path in paths:
        try:
            files = find([path])
        except NothingToDo as error:
            yield Replayed(path=path, error=error)
            continue
        yield from map(_one, files)


def exit_code(done: Sequence[Replayed]) -> int:
    """3 if one was broken, else 1 if one differs, else 0 if one was played, else 4."""
    codes = {one.error.exit_code for one in done if one.error is not None}
    codes |= {int(one.run.differs) for one in done if one.run is not None}
    return next((code for code in (CassetteError.exit_code, 1, 0) if code in codes), NothingToDo.exit_code)


def _one(path: Path) -> Replayed:
    splitter = Splitter()
    try:
        return Replayed(path=path, run=rerun(load(path, splitter=splitter), splitter=splitter))
    except (CassetteError, NothingToDo) as error:
        return Replayed(path=path, error=error)
