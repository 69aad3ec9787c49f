"""A drift in words: what each change is, what it rests on, and what all come to in a line."""

from collections.abc import Iterable, Iterator

from nexdiag.core.drift import Change, Corpus, Drift
from nexdiag.core.finding import Severity
from nexdiag.report.sources import Sources
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count

ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)
NEEDS = {
    "nex": "nex reads it",
    "shape": "the published shape requires it",
    "known": "the published shape knows it",
    "observed": "no shape is published: by what was observed",
    "extension": "an extension of the published shape",
}
BREAKS = {
    "wire": "everybody: it cannot be parsed",
    "typed": "clients with types: it is not of the type",
    "behaviour": "agents: they go another way, or know less",
    "cosmetic": "nobody",
}
_EXAMPLE = 100


def sentence(drift: Drift) -> str:
    """`2 errors, 1 warning; 3 ignored; 1 not checked`."""
    noun = {Severity.ERROR: ("error", ""), Severity.WARNING: ("warning", ""), Severity.INFO: ("remark", "")}
    found = [count(number, *noun[one]) for one in ORDER if (number := drift.count(one))]
    beside = [f"; {len(drift.ignored):,} ignored"] if drift.ignored else []
    beside += [f"; {len(drift.unchecked):,} not checked"] if drift.unchecked else []
    return (", ".join(found) or "no change of the shape") + "".join(beside)


def side(corpus: Corpus) -> str:
    """`old/: 40 exchanges in 3 files, of llama.cpp b4711`."""
    if not corpus.files:
        return corpus.name
    servers = ", ".join(name for name, _ in corpus.servers[:4])
    more = f" and {len(corpus.servers) - 4} more" if len(corpus.servers) > 4 else ""  # noqa: PLR2004 - as above
    of = f", of {one_line(servers)}{more}" if servers else ""
    return f"{one_line(corpus.name)}: {count(corpus.exchanges, 'exchange')} in {count(corpus.files, 'file')}{of}"


def grouped(changes: Iterable[Change]) -> list[list[Change]]:
    """In their order, with those together that tell the same of a field of one name: gone from each of many events."""
    groups: dict[tuple[object, ...], list[Change]] = {}
    for one in changes:
        name = one.pointer.rpartition("/")[2]
        kin = (one.severity, one.kind, one.direction, one.endpoint, one.form, name, one.requirement, one.breaks)
        groups.setdefault((*kin, one.was, one.now), []).append(one)
    return list(groups.values())


def place(change: Change, drift: Drift, sources: Sources) -> tuple[str, int]:
    """The file that shows a change first, and the line; where none does, the corpus, by its first file."""
    first = change.first
    if first is not None and (first.file in drift.paths or not drift.paths):
        return sources.path(first.file), sources.line(first.file, first.exchange)
    return sources.path(next(iter(drift.paths), drift.right.name)), 1


def title(change: Change) -> str:
    """`now-null response chat stream /choices/*/delta/content`."""
    return f"{change.kind} {one_line(change.place)}"


def summary(change: Change) -> str:
    """`string → null or string: 0/48 → 12/48`."""
    was = "" if change.left is None else f"{change.left} → "
    return f"{one_line(change.was)} → {one_line(change.now)}: {was}{change.right}"


def rows(change: Change) -> Iterator[tuple[str, str]]:
    """What there is beside, each with its label."""
    if change.first is not None:
        yield "first", one_line(str(change.first)) + (" of the right" if change.left is not None else "")
    if change.left_example:
        yield "was", one_line(change.left_example, _EXAMPLE)
    if change.right_example:
        yield "is", one_line(change.right_example, _EXAMPLE)
    capped = "; too few exchanges for an error" if change.capped else ""
    yield "why", f"{NEEDS[change.requirement]}{capped}"
    yield "breaks", BREAKS[change.breaks]
