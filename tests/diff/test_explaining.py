"""Promises of `nexdiag.diff.explaining`."""

from typing import Any

import pytest

from nexdiag.core.comparison import Place, Row
from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.diff.explaining import Refused, explain, meets

OK = Refused(failed=frozenset(), server="a")


def finding(index: int | None = None, pointer: str | None = None, **more: Any) -> Finding:  # noqa: ANN401 - any field
    """A finding of exchange 1."""
    place = Location(exchange=1, message_index=index, pointer=pointer)
    return Finding(
        rule="some-rule", code="NX1", severity=Severity.ERROR, summary="s", location=place, **({"refused": True} | more)
    )


def message(kind: str, place: int, aspect: str = "messages") -> Difference:
    """A message that differs."""
    return Difference(pointer=f"/messages/{place}", kind=kind, left=place, right=-place, aspect=aspect)


def rows(*found: tuple[Difference, ...]) -> list[Row]:
    """An exchange for each."""
    places = [Place(turn=n + 1, exchange=n) for n in range(len(found))]
    return [Row(left=one, right=one, title="", differences=two) for one, two in zip(places, found, strict=True)]


@pytest.mark.parametrize(
    ("one", "kind", "place", "met"),
    [
        (finding(4, "/messages/4/role"), "added", 4, True),
        (finding(4, "/messages/4/role"), "added", 3, True),  # it stands beside
        (finding(4, "/messages/4/role"), "removed", 4, True),  # what stood there is gone
        (finding(4, "/messages/4/role"), "changed", 3, False),
        (finding(4, "/messages/4/role"), "changed", 4, True),
        (finding(4, "/messages/4/role"), "added", 9, False),
        (finding(None, "/model"), "added", 4, False),
    ],
)
def test_a_finding_meets_a_difference_at_its_message_or_beside_it(
    one: Finding, kind: str, place: int, met: bool
) -> None:
    """And at its field; the address is met by what is found of the URL."""
    assert meets(one, message(kind, place), "right") == met
    address = Difference(pointer="(path)", aspect="address")
    assert meets(finding(facts={"url": "http://h"}), address, "right")
    assert not meets(one, address, "right")


@pytest.mark.parametrize("failing", ["left", "right"])
def test_the_difference_that_the_rule_names_explains_the_refusal(failing: str) -> None:
    """In the words of the server; and what differs elsewhere does not."""
    kind = "added" if failing == "right" else "removed"
    compared = rows((), (Difference(pointer="/stop", aspect="parameters"), message(kind, 4)))
    bad = Refused(failed=frozenset({1}), findings=(finding(4, "/messages/4/role"),))
    told = explain(compared, *((OK, bad) if failing == "right" else (bad, OK)))
    assert told is not None
    assert (told.failing, told.row, told.cause, told.differences, told.certain) == (failing, 1, 1, (1,), True)
    unsaid = Refused(failed=frozenset({1}), findings=(finding(4, "/messages/4/role", refused=False),))
    unsure = explain(compared, *((OK, unsaid) if failing == "right" else (unsaid, OK)))
    assert unsure is not None
    assert (unsure.differences, unsure.certain) == ((1,), False)
    assert told.sentence == (
        f"/messages/4 (only {failing} has it) explains why {failing} was refused in turn 2, exchange 1: NX1 some-rule"
    )


def test_a_cause_that_is_carried_on_is_where_it_was_new() -> None:
    """The first request passed with it, and the second did not."""
    again = Difference(pointer="/messages/1", kind="added", right={"a": 1}, aspect="messages", inherited=True)
    new = Difference(pointer="/messages/1", kind="added", right={"a": 1}, aspect="messages")
    bad = Refused(failed=frozenset({1}), findings=(finding(1, "/messages/1"),))
    told = explain(rows((new,), (again,)), OK, bad)
    assert told is not None
    assert (told.row, told.cause, told.differences) == (1, 0, (0,))


def test_without_a_rule_all_differences_of_the_request_are_candidates() -> None:
    """Told as such; and where the requests are equal, that is told."""
    bad = Refused(failed=frozenset({1}), server="b")
    told = explain(rows((), (message("added", 1), message("added", 2))), OK, bad)
    assert told is not None
    assert (told.certain, told.differences, told.finding) == (False, (0, 1), None)
    assert "2 differences of the request may explain it" in told.sentence
    equal = explain(rows((), ()), OK, bad)
    assert equal is not None
    assert "the requests are equal" in equal.sentence


def test_what_both_sent_is_no_difference_and_the_servers_are_named() -> None:
    """One server takes what the other refuses."""
    bad = Refused(failed=frozenset({1}), findings=(finding(None, "/stream_options"),), server="b")
    told = explain(rows((), ()), OK, bad)
    assert told is not None
    assert not told.certain
    assert "at /stream_options, which is no difference: both sent it, and the servers differ (b, a)" in told.sentence


def test_where_both_fail_or_neither_there_is_nothing_to_explain() -> None:
    """Nor where one side lacks the exchange."""
    bad = Refused(failed=frozenset({0, 1}))
    assert explain(rows((), ()), bad, bad) is None
    assert explain(rows((), ()), OK, OK) is None
    alone = Row(left=None, right=Place(exchange=0), title="")
    assert explain([alone], OK, bad) is None
