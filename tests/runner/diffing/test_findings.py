"""Promises of `nexdiag.runner.diffing.findings`."""

from pathlib import Path

from nexdiag.core.comparison import Place, Row
from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.runner.diffing.findings import beside, judged
from nexdiag.runner.linting.choice import Choice
from nexdiag.runner.load import load

CASSETTES = Path(__file__).parents[3] / "cassettes"
ROWS = [Row(left=Place(exchange=n), right=Place(exchange=n + 1), title="") for n in range(3)]


def at(exchange: int, pointer: str, rule: str = "r", summary: str = "") -> Finding:
    """A finding."""
    where = Location(exchange=exchange, pointer=pointer)
    return Finding(rule=rule, code="NX1", severity=Severity.ERROR, summary=summary, location=where)


def test_the_same_fault_at_the_corresponding_place_is_still_there() -> None:
    """Whatever its words; one exchange later on the right, as its exchange is."""
    told = beside([at(0, "/messages/3", summary="old")], [at(1, "/messages/3", summary="new")], ROWS)
    assert [one.summary for one in told.still] == ["new"]
    assert (told.new, told.gone) == ((), ())


def test_what_has_moved_is_still_there_and_one_of_two_is_new() -> None:
    """By the same place of any row, each once."""
    left, right = [at(0, "/messages/3")], [at(1, "/messages/5"), at(3, "/messages/9")]
    told = beside(left, right, ROWS)
    assert (told.still, told.new, told.gone) == ((right[0],), (right[1],), ())


def test_another_rule_is_another_fault() -> None:
    """One is fixed, the other new."""
    told = beside([at(0, "/x")], [at(1, "/x", rule="other")], ROWS)
    assert (len(told.gone), len(told.new), told.still) == (1, 1, ())


def test_a_side_is_judged_by_its_own_server() -> None:
    """As lint does."""
    server, findings = judged(load(CASSETTES / "llama.cpp/incident-pushed-warning.cassette.jsonl"), Choice())
    assert (server, [one.rule for one in findings]) == ("llama.cpp-strict", ["role-alternation"])


def test_the_same_row_comes_before_the_same_place_of_any() -> None:
    """A fault that moved within its request is that one, and not another request's."""
    left = [at(1, "/messages/3", summary="of the other"), at(0, "/messages/3", summary="of this")]
    told = beside(left, [at(1, "/messages/5")], ROWS)
    assert [one.summary for one in told.gone] == ["of the other"]
