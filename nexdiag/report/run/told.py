"""Report → Judged: the findings of each run, and beside them what weighs as much, so that CI formats tell of it too.

That is a turn that failed and that no rule explains, what was expected and did not hold, errors in the log, and what a
replay found different. Law: whatever makes the command fail is in every format.
"""

from collections.abc import Iterator, Sequence

from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.core.judged import Judged
from nexdiag.core.run import Report
from nexdiag.report.logged import gist
from nexdiag.report.summary import RunFacts, run_facts
from nexdiag.report.turns import TurnFacts
from nexdiag.report.visible import both_ends, one_line

_WORDS = 400
FAILED, UNMET, LOGGED, DIFFERS = "turn-failed", "expectation-unmet", "error-logged", "replay-differs"
"""What is no rule's to find: named as rules are."""


def told(report: Report, facts: Sequence[RunFacts] | None = None) -> list[Judged]:
    """Each run as one thing that was judged; what was not checked stands with its file, or in one of its own.

    `facts` are those of its runs, where somebody has them already.
    """
    runs = [run_facts(run) for run in report.runs] if facts is None else facts
    names = [one.run.cassette.name or one.run.name for one in runs]
    of = {
        text: next((name for name in names if name and text.startswith(f"{name}: ")), "") for text in report.unchecked
    }
    judged = [
        Judged(
            file=name,
            profile=one.run.profile,
            findings=(*one.run.findings, *_beside(one)),
            unchecked=tuple(text.removeprefix(f"{name}: ") for text, owner in of.items() if owner == name),
            empty=not one.exchanges,
        )
        for one, name in zip(runs, names, strict=True)
    ]
    rest = tuple(text for text, owner in of.items() if not owner)
    return [*judged, *([Judged(file=report.title, profile="none", findings=(), unchecked=rest)] if rest else [])]


def _beside(facts: RunFacts) -> Iterator[Finding]:
    explained = facts.cause is not None
    for turn in facts.turns:
        yield from _of_turn(turn, explained=explained)
    for difference in facts.run.differences:
        where = Location(turn=difference.turn, session=difference.session, pointer=difference.pointer or None)
        yield _finding(DIFFERS, Severity.WARNING, f"{difference.kind} in replay", where)
    for verdict in facts.run.replayed:
        if verdict.differs:
            where = Location(turn=verdict.number or None, session=verdict.session)
            yield _finding(DIFFERS, Severity.WARNING, f"{verdict.outcome} in replay: {verdict.note}", where)


def _of_turn(turn: TurnFacts, *, explained: bool) -> Iterator[Finding]:
    exchange = turn.exchanges[-1].exchange.id if turn.exchanges else None
    where = Location(turn=turn.number, session=turn.session, exchange=exchange)
    if turn.outcome == "failed" and not explained:
        words = turn.error or (turn.exchanges[-1].answer.refusal if turn.exchanges else "") or ""
        yield _finding(FAILED, Severity.ERROR, f"the turn failed, and no rule explains it: {words}", where)
    for text in turn.unmet:
        yield _finding(UNMET, Severity.ERROR, f"expected: {text}", where)
    for line in turn.errors:
        who = f"{one_line(line.level or 'traceback', 16)} {one_line(line.source, 40)}"
        yield _finding(LOGGED, Severity.WARNING, f"{who}: {gist(line, _WORDS)}", where)


def _finding(rule: str, severity: Severity, summary: str, where: Location) -> Finding:
    return Finding(rule=rule, code=rule, severity=severity, summary=both_ends(summary, _WORDS), location=where)
