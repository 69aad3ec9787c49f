"""Promises of nexdiag.report.placing."""

import msgspec
import pytest
from report import sample

from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.report.placing import Place, message_index, place
from nexdiag.report.summary import run_facts

FACTS = run_facts(sample.alternation())


def finding(rule: str = "r", **location: object) -> Finding:
    return Finding(rule=rule, code="NX1", severity=Severity.ERROR, summary="", location=Location(**location))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (finding(exchange=1, message_index=4), Place(kind="message", turn="2", exchange=1, message=4)),
        (finding(exchange=1, pointer="/messages/3/content"), Place(kind="message", turn="2", exchange=1, message=3)),
        (finding(exchange=1, message_index=5), Place(kind="exchange", turn="2", exchange=1)),
        (finding(exchange=1, pointer="/model"), Place(kind="field", turn="2", exchange=1, key="model")),
        (finding(exchange=1, pointer="/seed"), Place(kind="field", turn="2", exchange=1, key="seed")),
        (finding(exchange=1, pointer="/choices/0/delta"), Place(kind="answer", turn="2", exchange=1)),
        (finding(exchange=1, pointer="/url"), Place(kind="url", turn="2", exchange=1)),
        (finding("base-url-missing-v1", exchange=1), Place(kind="url", turn="2", exchange=1)),
        (finding(exchange=1), Place(kind="exchange", turn="2", exchange=1)),
        (finding(turn=2), Place(kind="turn", turn="2")),
        (finding(turn=9), Place(kind="run")),
        (finding(exchange=99, message_index=0), Place(kind="run")),
        (finding(), Place(kind="run")),
    ],
)
def test_each_finding_has_a_place_that_exists(given: Finding, expected: Place) -> None:
    """A finding stands at its message, field, URL or answer; where that is not there, one level up."""
    facts = run_facts(msgspec.structs.replace(FACTS.run, findings=()))
    assert place(given, facts) == expected


def test_the_message_is_told_or_read_off_the_pointer() -> None:
    """A pointer into the messages names the message as well."""
    assert message_index(finding(message_index=2, pointer="/messages/7")) == 2
    assert message_index(finding(pointer="/messages/7/role")) == 7
    assert message_index(finding(pointer="/messages")) is None
