"""Findings that a scenario allows: what was recorded on purpose is no news, and is counted all the same."""

from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import UsageError
from nexdiag.core.finding import Finding
from nexdiag.core.scenario import Scenario
from nexdiag.lint import rules


def split(cassette: Cassette, findings: tuple[Finding, ...]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings of a recording that are to be reported, and those that its scenario allows."""
    scenario = cassette.header.scenario
    if scenario is None or not (scenario.allow or any(say.allow for say in scenario.say)):
        return findings, ()
    everywhere = _named(scenario.allow)
    by_turn = _by_turn(scenario)
    allowed = [
        finding.rule in everywhere or (not finding.location.session and finding.rule in _of_turn(by_turn, finding))
        for finding in findings
    ]
    kept = tuple(finding for finding, may in zip(findings, allowed, strict=True) if not may)
    return kept, tuple(finding for finding, may in zip(findings, allowed, strict=True) if may)


def _of_turn(by_turn: dict[int, frozenset[str]], finding: Finding) -> frozenset[str]:
    return by_turn.get(finding.location.turn or 0, frozenset())


def _by_turn(scenario: Scenario) -> dict[int, frozenset[str]]:
    """The rules that each turn of a chat allows, counted from 1."""
    says = [say for say in scenario.say for _ in range(say.repeat)]
    return {number: _named(say.allow) for number, say in enumerate(says, start=1) if say.allow}


def _named(words: tuple[str, ...]) -> frozenset[str]:
    """The rules that these words mean. One that a newer version knew, or that is misspelt, allows nothing."""
    names: set[str] = set()
    for word in words:
        try:
            names.update(rule.name for rule in rules.chosen((word,)))
        except UsageError:
            continue
    return frozenset(names)
