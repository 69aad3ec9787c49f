"""Two corpora, or one and the published shapes → `Drift`, without secrets and without what is ignored."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.core.drift import BREAKS, KINDS, SUPPORT, Change, Corpus, Drift, Seen
from nexdiag.core.errors import NexdiagError, NothingToDo
from nexdiag.core.finding import Severity
from nexdiag.diff.drift import storing
from nexdiag.diff.drift.comparing import compare
from nexdiag.diff.drift.conforming import conform
from nexdiag.diff.drift.naming import MAP_KEY, MAPS
from nexdiag.diff.drift.shape import ANY_BRANCH, Node
from nexdiag.runner.drifting.corpus import Learned, learn
from nexdiag.runner.load import STDIN

PUBLISHED = "the published shapes"
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_Shapes = dict[tuple[str, str, str], Node]


def compared(  # noqa: PLR0913 - the options of a comparison
    old: Sequence[Path],
    new: Sequence[Path],
    *,
    ignore: Sequence[str] = (),
    old_servers: Sequence[str] = (),
    new_servers: Sequence[str] = (),
    who: str = BREAKS[-1],
    jobs: int | None = None,
    bad: list[NexdiagError] | None = None,
) -> Drift:
    """What changed from one corpus to the other: recordings, directories of them, or a file of shapes.

    `ignore`: fingerprints, or pointers (and what is below them). Servers: only what was answered by these, each the
    beginning of a name with its version. `who`: only what breaks them, or more (`core.drift.BREAKS`). What cannot be
    read is put into `bad`, or raised where there is no such list.
    """
    left = learn(old, jobs=jobs)
    right = left if list(old) == list(new) else learn(new, jobs=jobs)
    _told(bad, *([left] if right is left else [left, right]))
    sides = _of(left, old_servers), _of(right, new_servers)
    changes, unchecked = compare(*sides)
    few = _few(sides)
    notes = [*_notes(left, "left: "), *_notes(right, "right: ")]
    found = _drift(
        (_corpus(old, left, old_servers), _corpus(new, right, new_servers)),
        changes,
        [*unchecked, *few, *_unseen(sides), *notes],
        ignore,
        who,
    )
    return msgspec.structs.replace(found, paths=_paths(right))


def against_shapes(  # noqa: PLR0913 - the options of a comparison
    paths: Sequence[Path],
    *,
    ignore: Sequence[str] = (),
    servers: Sequence[str] = (),
    who: str = BREAKS[-1],
    jobs: int | None = None,
    bad: list[NexdiagError] | None = None,
) -> Drift:
    """How a corpus differs from the published shapes of its wires."""
    learned = learn(paths, jobs=jobs)
    _told(bad, learned)
    shapes = _of(learned, servers)
    changes, unchecked = conform(shapes)
    notes = [*unchecked, *_unseen((shapes,)), *_notes(learned, "")]
    sides = Corpus(name=PUBLISHED), _corpus(paths, learned, servers)
    return msgspec.structs.replace(_drift(sides, changes, notes, ignore, who), paths=_paths(learned))


def baseline(paths: Sequence[Path], *, jobs: int | None = None, bad: list[NexdiagError] | None = None) -> bytes:
    """The file of a corpus's shapes, without secrets: to be kept in git, and compared with later."""
    learned = learn(paths, jobs=jobs)
    _told(bad, learned)
    return Redactor(secrets_of(os.environ)).wire(storing.written(learned.shapes))


def _of(learned: Learned, servers: Sequence[str]) -> _Shapes:
    shapes = learned.shapes.of(servers)
    if servers and not shapes:
        known = Redactor(secrets_of(os.environ)).text(", ".join(sorted(learned.shapes.servers))) or "none"
        raise NothingToDo(f"no exchange is of {', '.join(servers)}", hint=f"there are: {known}")
    return shapes


def _told(bad: list[NexdiagError] | None, *sides: Learned) -> None:
    errors = [error for side in sides for error in side.bad]
    if errors and bad is None:
        raise errors[0]
    if bad is not None:
        bad += errors


def _corpus(paths: Sequence[Path], learned: Learned, servers: Sequence[str]) -> Corpus:
    shapes = learned.shapes
    kept = [(name, number) for name, number in shapes.servers.items() if not servers or name.startswith(tuple(servers))]
    return Corpus(
        name=", ".join(str(path) for path in paths),
        files=shapes.files,
        exchanges=sum(number for _, number in kept) if servers else shapes.exchanges,
        servers=tuple(sorted(kept)),
    )


def _paths(learned: Learned) -> dict[str, str]:
    redactor = Redactor(secrets_of(os.environ))
    return {redactor.text(one.name): one.path for one in learned.files if one.path != STDIN}


def _drift(
    sides: tuple[Corpus, Corpus], changes: list[Change], unchecked: list[str], ignore: Sequence[str], who: str
) -> Drift:
    redactor = Redactor(secrets_of(os.environ))
    ranked = sorted((_clean(one, redactor) for one in changes), key=_rank)
    idle = [word for word in ignore if not any(_fits(one, word) for one in ranked)]
    kept: list[Change] = []
    ignored: list[Change] = []
    beside: list[Change] = []
    for one in ranked:
        asked = any(_fits(one, word) for word in ignore)
        aside = BREAKS.index(one.breaks) > BREAKS.index(who)
        (ignored if asked else beside if aside else kept).append(one)
    return Drift(
        left=_without(sides[0], redactor),
        right=_without(sides[1], redactor),
        changes=tuple(kept),
        ignored=(*ignored, *beside),
        unchecked=tuple(
            redactor.text(text) for text in (*unchecked, *(f"--ignore {one}: fits nothing" for one in idle))
        ),
    )


def _rank(change: Change) -> tuple[int, str, str, str, int, str]:
    place = (change.direction, change.endpoint, change.form)
    return (_ORDER.index(change.severity), *place, KINDS.index(change.kind), change.pointer)


def _fits(change: Change, word: str) -> bool:
    """Whether a change is the one that a word names: by its fingerprint, or by its place, or one above it."""
    bare = change.pointer.partition("]")[2] if change.pointer.startswith("[") else change.pointer
    return word == change.fingerprint or any(
        pointer == word or pointer.startswith((f"{word.rstrip('/')}/", f"{word}["))
        for pointer in (change.pointer, bare)
        if word
    )


def _few(sides: tuple[_Shapes, _Shapes]) -> list[str]:
    """The places where too little was seen for an error, in one line."""
    left, right = sides
    few = [
        f"{' '.join(key)} ({left[key].exchanges:,} and {right[key].exchanges:,})"
        for key in sorted(left.keys() & right.keys())
        if min(left[key].exchanges, right[key].exchanges) < SUPPORT
    ]
    what = f"fewer than {SUPPORT} exchanges on a side, so that nothing weighs more than a warning: "
    return [what + "; ".join(few)] if few else []


def _unseen(sides: Sequence[_Shapes]) -> list[str]:
    """What no shape looks into: too deep, or too many names to be a schema."""
    lines = []
    for side in sides:
        for key, root in sorted(side.items()):
            for pointer, node in root.walk():
                if ANY_BRANCH in node.branches:
                    told = "so many kinds that those nobody published are not told apart"
                    lines.append(f"{' '.join(key)} {pointer or '/'}: {told}")
                if node.deep:
                    lines.append(f"{' '.join(key)} {pointer}: nested too deeply to be looked into")
                elif node.folded and len(node.children) == 1 and _exploded(pointer):
                    lines.append(f"{' '.join(key)} {pointer or '/'}: so many names that they are taken for data")
    return list(dict.fromkeys(lines))


def _exploded(pointer: str) -> bool:
    """Whether names at a place were to be a schema: not below a map, and in none that is known for one."""
    return MAP_KEY not in pointer and pointer.rpartition("/")[2] not in MAPS


def _notes(learned: Learned, side: str) -> list[str]:
    counted = sorted(learned.shapes.left_out.items())
    left_out = [f"{side}{number:,} exchange{'s' * (number != 1)} {why}" for why, number in counted]
    return left_out + [f"{side}{one}" for one in learned.notes]


def _without(corpus: Corpus, redactor: Redactor) -> Corpus:
    """Without secrets: a server is named by what it sent."""
    servers = tuple((redactor.text(name), number) for name, number in corpus.servers)
    return msgspec.structs.replace(corpus, servers=servers)


def _clean(change: Change, redactor: Redactor) -> Change:
    """Without secrets: an example is a text as it was recorded, and a name may be one."""
    first = change.first
    return msgspec.structs.replace(
        change,
        pointer=redactor.text(change.pointer),
        endpoint=redactor.text(change.endpoint),
        was=redactor.text(change.was),
        now=redactor.text(change.now),
        left_example=redactor.text(change.left_example),
        right_example=redactor.text(change.right_example),
        first=None if first is None else Seen(file=redactor.text(first.file), exchange=first.exchange),
    )
