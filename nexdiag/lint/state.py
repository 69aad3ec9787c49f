"""A state directory's files → Findings: the other door of the room, beside `engine`.

There is no server here and no request: what a rule finds is so, and weighs what the rule says.
"""

from collections.abc import Sequence

from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.lint import rules
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import StateSeen

_RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def judge_state(state: StateSeen, *, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Finding, ...]:
    """The findings of one chat's files, the gravest first, then in the order of the rules' codes.

    The pointer of a finding is the file and the line: `outbox.jsonl:12`. Raises UsageError for a word in `select` or
    `ignore` that names no rule.
    """
    wanted = {rule.name for rule in rules.chosen(tuple(select), tuple(ignore))}
    found = [
        _finding(rule, fault) for rule in rules.ALL if rule.state and rule.name in wanted for fault in rule.state(state)
    ]
    return tuple(sorted(found, key=lambda one: (_RANKS[one.severity], one.code)))


def _finding(rule: Rule, fault: Fault) -> Finding:
    return Finding(
        rule=rule.name,
        code=rule.code,
        severity=fault.weight or rule.unknown or Severity.INFO,
        summary=fault.summary,
        location=Location(pointer=fault.pointer),
        evidence=fault.evidence,
        fix=fault.fix,
        facts=fault.facts,
    )
