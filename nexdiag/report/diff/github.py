"""Comparison → workflow commands of GitHub Actions: annotations, and the page of the step's summary."""

from collections.abc import Iterator, Sequence

from nexdiag.core.comparison import Comparison
from nexdiag.core.finding import Severity
from nexdiag.report.annotations import Annotation, commands, no_command
from nexdiag.report.diff import md
from nexdiag.report.diff.notable import (
    ANY,
    Way,
    file_of,
    news,
    sentence,
    title_of_finding,
    told_in,
    told_of,
    weight_of,
)
from nexdiag.report.diff.told import missing
from nexdiag.report.limits import summary_room

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_TOLD = 12
"""Lines of an annotation."""


def whole(found: Sequence[Comparison], way: Way = ANY) -> str:
    """The annotations, the worst first, and all in a line."""
    told = [note for one in found for note in _annotations(one, way)]
    return "\n".join([*commands(told, "nexdiag diff"), no_command(sentence(found))])


def step_summary(found: Sequence[Comparison], way: Way = ANY, *, already: int = 0) -> str:
    """What to append to the file that GITHUB_STEP_SUMMARY names, and that holds `already` bytes; it may be nothing."""
    room = summary_room(already)
    return md.whole(found, way, limit=room - 1) + "\n" if room else ""


def _annotations(found: Comparison, way: Way) -> Iterator[Annotation]:
    for one in news(found, way):
        file, exchange = file_of(found, one.row)
        lines = list(told_in(one))
        more = [f"and {len(lines) - _TOLD:,} more lines: --format text"] if len(lines) > _TOLD else []
        level, path = _LEVELS[one.severity], way.sources.path(file)
        yield Annotation(level, path, one.title, "\n".join([*lines[:_TOLD], *more]), way.sources.line(file, exchange))
    for finding in found.findings.new:
        file, level = file_of(found)[0], _LEVELS[weight_of(finding, way)]
        line = way.sources.line(file, finding.location.exchange)
        yield Annotation(level, way.sources.path(file), title_of_finding(finding), "\n".join(told_of(finding)), line)
    path = way.sources.path(file_of(found)[0])
    yield from (Annotation("notice", path, "not checked", text) for text in missing(found))
