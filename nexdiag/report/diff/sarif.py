"""Comparison → SARIF 2.1.0, as code scanning reads it: aspects as rules, a result for each difference that is new.

The location is the recording on the right, or the left where only that has it; the row and the JSON pointer are logical
locations. New findings of lint are results of their own rules.
"""

from collections.abc import Iterator, Sequence

from nexdiag.core.comparison import Comparison
from nexdiag.core.finding import Finding, Severity
from nexdiag.report import sarif
from nexdiag.report.diff.notable import (
    ANY,
    News,
    Way,
    file_of,
    fingerprint_of,
    news,
    title_of_finding,
    told_of,
    weight_of,
)
from nexdiag.report.diff.text import lines_of
from nexdiag.report.diff.told import missing, place_of
from nexdiag.report.fingerprint import of_finding
from nexdiag.report.visible import one_line

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def whole(found: Sequence[Comparison], way: Way = ANY) -> str:
    """The log: one run."""
    entries = [entry for one in found for entry in _entries(one, way)]
    notes = [f"not checked: {text}" for one in found for text in missing(one)]
    return sarif.log(entries, notes, command="nexdiag diff", pages=way.sources.pages)


def _entries(found: Comparison, way: Way) -> Iterator[sarif.Entry]:
    for one in news(found, way):
        yield from _of_row(found, one, way)
    for finding in found.findings.new:
        yield _of_finding(found, finding, way)


def _of_row(found: Comparison, one: News, way: Way) -> Iterator[sarif.Entry]:
    file, exchange = file_of(found, one.row)
    told = found.explanation
    causes = len(told.differences) if one.explains and told is not None else 0
    for number, each in enumerate(one.differences):
        level = one.severity if number < causes or one.severity is not Severity.ERROR else Severity.WARNING
        said = [one.explains] if number < causes else []
        yield sarif.Entry(
            rule=f"diff/{each.aspect}",
            name=each.aspect,
            level=_LEVELS[level if each.aspect in way.fails else Severity.INFO],
            message="\n".join(one_line(line, 600) for line in (one.title, *said, *lines_of(each))),
            path=way.sources.path(file),
            line=way.sources.line(file, exchange),
            places=((place_of(one.row), "member"), (each.pointer, "property")),
            fingerprint=fingerprint_of(found, each),
            facts={"kind": each.kind, "left": one_line(found.left.name), "explains": number < causes},
        )


def _of_finding(found: Comparison, finding: Finding, way: Way) -> sarif.Entry:
    file, _ = file_of(found)
    return sarif.Entry(
        rule=finding.code,
        name=finding.rule,
        level=_LEVELS[weight_of(finding, way)],
        message="\n".join([title_of_finding(finding), *told_of(finding)]),
        path=way.sources.path(file),
        line=way.sources.line(file, finding.location.exchange),
        places=((finding.location.pointer or "", "property"),),
        fingerprint=of_finding(finding, found.right.name),
        facts={"kind": "finding", "left": one_line(found.left.name), "explains": False},
    )
