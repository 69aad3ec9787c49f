"""sse-tool-delta-index-collision: two calls at one index."""

import pytest
from answers import CALLS, piece, stream
from linting import found, judged

from nexdiag.core.finding import Severity

RULE = "sse-tool-delta-index-collision"


@pytest.mark.parametrize(
    ("pieces", "severity"),
    [
        ([piece(0, "a", "f", "{}"), piece(0, "b", "g"), piece(1, arguments="{}")], Severity.ERROR),
        ([piece(0, "a", "f", "{}"), piece(0, "b", "f", "{}")], Severity.ERROR),
        ([piece(0, "a", "f", '{"x":1}'), piece(0, "a", "f", '{"x":2}')], Severity.ERROR),
        ([piece(0, "a", "f"), piece(1, arguments="{}")], Severity.ERROR),
        ([piece(0, "a", "f", '{"x"'), piece(0, "b", None, ":1}")], Severity.WARNING),
    ],
)
def test_two_at_one_place(pieces: list[object], severity: Severity) -> None:
    """A new call, the tail of one, or a new id where a call is growing."""
    (finding,) = found(RULE, status=200, response=stream(*pieces, CALLS))
    assert finding.severity is severity


@pytest.mark.parametrize(
    "pieces",
    [
        [piece(0, "a", "f"), piece(0, arguments="{}")],
        [piece(0, "a", "f"), piece(0, "a", "f", "{}")],
        [piece(0, "a", "f", '{"x":'), piece(0, "a", "f", '{"y":1}'), piece(0, "a", "f", "}")],
        [piece(1, "a", "f", "{}"), piece(0, "b", "g", "{}")],
        [piece(0, "", "f"), piece(0, "a", None, "{}")],
        [piece(5, "a", "f", "{}")],
    ],
)
def test_look_alikes(pieces: list[object]) -> None:
    """The same id again, another order, an id that comes late."""
    assert found(RULE, status=200, response=stream(*pieces, CALLS)) == []


def test_it_is_the_cause_of_the_refusal_that_follows() -> None:
    """Where the status is that of the next request, the stream explains it."""
    findings = judged(status=400, response=stream(piece(0, "a", "f", "{}"), piece(0, "b", "g"), CALLS))
    assert (findings[0].rule, findings[0].severity) == (RULE, Severity.ERROR)
    assert all(finding.rule != "unexplained-refusal" for finding in findings)
