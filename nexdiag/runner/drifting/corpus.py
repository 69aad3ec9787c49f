"""A corpus in files → its shapes: by this process, or by several that each read a part.

Law: the same bytes come out, however many processes read. Workers are spawned, not forked: whoever calls us may have
threads.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec

from nexdiag.codec.losses import Losses
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError, NexdiagError, NothingToDo, UsageError
from nexdiag.diff.drift import storing
from nexdiag.diff.drift.corpus import Shapes, merged
from nexdiag.diff.drift.reading import Learner
from nexdiag.lint import profiles
from nexdiag.lint.seen.bare import encode_bare
from nexdiag.runner.cassettes import files
from nexdiag.runner.foreign.bare import decode_lines
from nexdiag.runner.linting.subjects import Recording, Requests, of_text
from nexdiag.runner.load import STDIN, find

WORTH_A_POOL = 64 * 2**20
"""Bytes below which other processes take longer to start than to help."""
_MOST_JOBS = 64
_RECORDED = frozenset({".har", ".jsonl", ".yaml", ".yml"})
"""Endings of recordings: below a directory they are not looked for, and not to be lost either."""


class Named(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A file, and what reports call it."""

    name: str
    path: str


class Learned(msgspec.Struct, kw_only=True):
    """What came of a corpus, or a part of one."""

    shapes: Shapes
    bad: list[NexdiagError] = []
    """Files that could not be read."""
    notes: list[str] = []
    """What was read in part."""
    files: list[Named] = []
    """What was read; of a stored shape, its file."""


def learn(paths: Sequence[Path], *, jobs: int | None = None) -> Learned:
    """The shapes of all that is named: recordings of any tool, directories of them, or one file of shapes.

    `jobs`: processes; None to decide by size. Raises `NothingToDo` if there is no exchange, and `UsageError` or
    `CassetteError` if nothing that is named can be read.
    """
    stored = _stored(paths)
    if stored is not None:
        return Learned(shapes=stored, files=[Named(name=path.as_posix(), path=str(path)) for path in paths])
    named = named_files(paths)
    jobs = _jobs(named, jobs)
    made = _inline(named) if jobs == 1 else _pooled(named, jobs)
    made.files = named
    if made.bad and made.shapes.files == 0:
        raise made.bad[0]
    if not made.shapes.roots and not made.bad:
        names = ", ".join(str(path) for path in paths)
        what = "exchange that was answered" if made.shapes.exchanges else "exchange"
        raise NothingToDo(f"{names} holds no {what}: no shape to learn", hint="record one with: nexdiag capture")
    return made


def named_files(paths: Sequence[Path]) -> list[Named]:
    """Each file once, in the order of names; below a lone directory they are called as they are there."""
    alone = paths[0] if len(paths) == 1 and paths[0].is_dir() else None
    found = find(list(paths))
    named = {
        Named(name=(file if alone is None else file.relative_to(alone)).as_posix(), path=str(file)) for file in found
    }
    return sorted(named)


def recorded_beside(file: Path, paths: Sequence[Path]) -> list[Path]:
    """The file itself, where it is there, lies below a directory that is named, and may be another tool's recording."""
    real = file.resolve()
    below = any(path.is_dir() and real.is_relative_to(path.resolve()) for path in paths)
    return [file] if below and real.is_file() and real.suffix.lower() in _RECORDED else []


def _stored(paths: Sequence[Path]) -> Shapes | None:
    """The shapes that the one file named holds, if it is such a file. Raises `UsageError` for it among others."""
    for path in paths:
        if path.suffix == ".json" and not path.exists():
            hint = "write one with: nexdiag drift CORPUS --write FILE; or name recordings"
            raise CassetteError(f"no file of shapes, and no recording, at {path}", hint=hint)
        if str(path) != STDIN and path.is_file() and path.suffix == ".json":
            raw = files.read(path)
            if storing.is_shape(raw):
                if len(paths) > 1:
                    hint = "compare with it alone, or learn from all the recordings at once"
                    raise UsageError(f"{path} is a file of shapes, found beside others", hint=hint)
                return storing.unpacked(raw, str(path))
    return None


def _jobs(named: Sequence[Named], wanted: int | None) -> int:
    most = max(1, min(len(named), _MOST_JOBS))
    if any(one.path == STDIN for one in named):
        return 1
    if wanted is not None:
        return min(max(1, wanted), most)
    size = sum(Path(one.path).stat().st_size for one in named if Path(one.path).is_file())
    return min(os.cpu_count() or 1, most) if size >= WORTH_A_POOL else 1


def _inline(named: Sequence[Named]) -> Learned:
    learner = Learner()
    bad: list[NexdiagError] = []
    notes: list[str] = []
    for one in named:
        try:
            cassette, lost = _cassette(one, bad)
        except NexdiagError as error:
            bad.append(error)
            continue
        learner.read(cassette, one.name, server_of(cassette))
        notes += [f"{one.name}: {text}" for text in lost]
    return Learned(shapes=learner.shapes, bad=bad, notes=notes)


def _pooled(named: Sequence[Named], jobs: int) -> Learned:
    parts = [named[place::jobs] for place in range(jobs)]
    with ProcessPoolExecutor(max_workers=jobs, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(_work, parts))
    shapes = merged(storing.unpacked(raw) for raw, _, _ in done)
    bad = [CassetteError(what, hint=hint) for _, errors, _ in done for what, hint in errors]
    return Learned(
        shapes=shapes,
        bad=sorted(bad, key=lambda error: error.what),
        notes=sorted(note for _, _, notes in done for note in notes),
    )


def _work(named: Sequence[Named]) -> tuple[bytes, list[tuple[str, str]], list[str]]:
    """What a worker does: all goes over as plain values."""
    made = _inline(named)
    return storing.packed(made.shapes), [(error.what, error.hint) for error in made.bad], made.notes


def _cassette(one: Named, bad: list[NexdiagError]) -> tuple[Cassette, list[str]]:
    """A file as a recording, and what it lacks; of bare exchanges, a line that is none is put into `bad`."""
    raw = sys.stdin.buffer.read() if one.path == STDIN else files.read(Path(one.path))
    subject = of_text(raw, one.path, bad)
    if isinstance(subject, Requests):
        losses = Losses()
        lines = b"".join(encode_bare(bare) + b"\n" for bare in subject.bares)
        return decode_lines(lines, name=one.path, losses=losses), list(losses.lines())
    if not isinstance(subject, Recording):
        hint = "name recordings (*.cassette.jsonl, HAR, vcrpy, JSON Lines), or a file of nexdiag drift --write"
        raise CassetteError(f"{one.path} is no recording, so that it has no shape", hint=hint)
    torn = [] if subject.cassette.tear is None else [f"read up to its tear: {subject.cassette.tear}"]
    return subject.cassette, [*torn, *subject.lost]


def server_of(cassette: Cassette) -> str:
    """The name of the server that a recording is of: as its header says, or as its answers give away."""
    if cassette.header.profile:
        return cassette.header.profile
    found = (profiles.recognise(exchange) for exchange in cassette.exchanges[:8])
    return next((profile.name for profile in found if profile is not None), "unknown")
