"""Recordings ⇒ a Report: each read, judged by its server's profile, and what could not be checked told."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from nexdiag.core.cassette import SUFFIX
from nexdiag.core.errors import NothingToDo
from nexdiag.core.run import Report
from nexdiag.core.version import TOOL
from nexdiag.lint.subject import profile_of
from nexdiag.runner.judge import judge
from nexdiag.runner.linting.judge import missing, nothing_recorded
from nexdiag.runner.load import find, load

RECORDINGS = Path("cassettes")
"""Where recordings go that nobody named a place for (`runner.place`)."""


def newest(below: Path = RECORDINGS) -> Path:
    """The cassette below this directory that was written last. Raises `NothingToDo` if there is none."""
    found = [(path.stat().st_mtime, path) for path in below.rglob(f"*{SUFFIX}") if path.is_file()]
    if not found:
        hint = "name one, or record one first with: nexdiag capture"
        raise NothingToDo(f"no recording is named, and there is none below {below}/", hint=hint)
    return max(found)[1]


def report_on(paths: Sequence[Path], profile: str | None = None, *, clock: Callable[[], float] = time.time) -> Report:
    """The report on all cassettes named, or below the directories named; judged by `profile` where that is given.

    Raises `CassetteError` for one that cannot be read, `NothingToDo` if there is none, or none holds an exchange.
    """
    files = find(list(paths))
    cassettes = [load(path) for path in files]
    if not any(cassette.exchanges for cassette in cassettes):
        raise nothing_recorded([str(path) for path in files])
    runs = tuple(judge(cassette, profile=profile_of(cassette, profile)) for cassette in cassettes)
    unchecked = tuple(f"{one.name}: {text}" for one in cassettes for text in missing(one))
    title = runs[0].name if len(runs) == 1 else f"{len(runs)} recordings"
    return Report(title=title, runs=runs, created=clock(), unchecked=unchecked, tool=TOOL)
