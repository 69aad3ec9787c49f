"""Report → JUnit XML: a test suite for each run, a test case for each turn, and one for what stands outside them.

Law: as report/junit.py has it. A turn fails for what weighs in it; a recording that was not read to its end is an
error; no recorded body is in the file.
"""

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from nexdiag.core.finding import Finding
from nexdiag.core.judged import Judged
from nexdiag.core.run import Report
from nexdiag.report import junit
from nexdiag.report.lint.text import place
from nexdiag.report.run.told import told
from nexdiag.report.sources import NOWHERE, Sources
from nexdiag.report.summary import RunFacts, run_facts
from nexdiag.report.visible import both_ends, one_line
from nexdiag.report.wording import count

_TOLD = 20
_ABSURD = 1e9
"""Seconds: no turn takes so long."""
Key = tuple[str, int] | None


def whole(report: Report, sources: Sources = NOWHERE) -> str:
    """The document."""
    file = junit.File("nexdiag report")
    runs = [run_facts(run) for run in report.runs]
    judged = told(report, runs)
    for facts, one in zip(runs, judged, strict=False):
        suite = file.suite(sources.path(one.file))
        if suite is not None:
            _suite(file, suite, facts, one, sources)
    for one in judged[len(report.runs) :]:
        suite = file.suite("not checked")
        for number, text in enumerate(one.unchecked if suite is not None else (), start=1):
            case = file.case(suite, "nexdiag report", f"not checked ({number})") if suite is not None else None
            if case is not None:
                junit.skipped(case, text)
    return file.text()


def _suite(file: junit.File, suite: Element, facts: RunFacts, one: Judged, sources: Sources) -> None:
    turns = {(turn.session, turn.number): turn for turn in facts.turns if turn.number is not None}
    by_turn: dict[Key, list[Finding]] = {}
    owners = {seen.exchange.id: key for key, turn in turns.items() for seen in turn.exchanges}
    for finding in one.findings:
        by_turn.setdefault(_key(finding, turns, owners), []).append(finding)
    path = sources.path(one.file)
    for key, turn in turns.items():
        first = turn.exchanges[0].exchange.id if turn.exchanges else None
        line = sources.line(one.file, first)
        case = file.case(suite, path, turn.title, path=path, line=line, took=_time(turn.duration))
        if case is not None:
            _case(case, by_turn.get(key, ()), turn.outcome)
    if by_turn.get(None) or not turns:
        case = file.case(suite, path, "outside turns", path=path, line=1)
        if case is not None:
            _case(case, by_turn.get(None, ()), "")
    if facts.run.cassette.tear:
        case = file.case(suite, path, "the end of the file", path=path, line=1)
        if case is not None:
            junit.error(case, "torn", facts.run.cassette.tear)
    for number, text in enumerate(one.unchecked, start=1):
        case = file.case(suite, path, f"not checked ({number})")
        if case is not None:
            junit.skipped(case, text)


def _key(finding: Finding, turns: Mapping[tuple[str, int], object], owners: Mapping[int, tuple[str, int]]) -> Key:
    where = finding.location
    if where.turn is not None and (where.session, where.turn) in turns:
        return where.session, where.turn
    return owners.get(where.exchange) if where.exchange is not None else None


def _case(case: Element, findings: Sequence[Finding], outcome: str) -> None:
    weighty = [finding for finding in findings if finding.weighs]
    if weighty:
        rest = [f"and {count(len(weighty) - _TOLD, 'more finding')}"] if len(weighty) > _TOLD else []
        message = f"{weighty[0].code} {weighty[0].rule}: {both_ends(weighty[0].summary, 300)}"
        junit.failure(case, str(weighty[0].severity), message, "\n\n".join([*map(_told, weighty[:_TOLD]), *rest]))
    elif outcome == "failed":
        junit.failure(case, "failed", "the turn failed", "the cause is told in another turn, or no rule knows it")
    elif outcome not in ("answered", ""):
        junit.skipped(case, f"the turn was {outcome}: nobody knows how it would have ended")


def _told(finding: Finding) -> str:
    rows = [f"{finding.severity} {finding.code} {place(finding)}", both_ends(finding.summary, 600)]
    rows += [f"fix: {one_line(finding.fix, 400)}"] if finding.fix else []
    return "\n".join(rows)


def _time(duration: float) -> float:
    return duration if 0 <= duration < _ABSURD else 0.0  # NaN is neither
