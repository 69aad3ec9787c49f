"""What the rules on answers share."""

import pytest
from answers import STOP, body, piece, said, stream
from linting import USER

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import ANYTHING, client_of, cut_off, odd, served, told, weight, worded
from nexdiag.lint.profiles import resolve
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.past import Past
from nexdiag.lint.seen.view import of_bare


def case(**parts: object) -> Case:
    return Case(of_bare(BareExchange(**parts)), History(), resolve(None), Past())  # type: ignore[arg-type]


@pytest.mark.parametrize(("status", "wanted"), [(200, Severity.INFO), (None, Severity.INFO), (400, None), (500, None)])
def test_beside_a_refusal_the_rule_weighs(status: int | None, wanted: Severity | None) -> None:
    """So that the fault may be presumed to be its cause."""
    assert weight(case(status=status), Severity.INFO) is wanted
    assert served(case(status=status)) is (wanted is not None)


def test_what_was_odd_becomes_a_fault() -> None:
    """With the place, and how often."""
    seen = case(status=200, response=stream(said("a"), piece(None, "c", "f"), piece(None, "d", "f")))
    (fault,) = odd(seen, "no-index", summary="s", fix="f")
    assert fault.evidence[0].startswith("event 1 holds")
    assert fault.evidence[0].endswith("(2 times)")
    assert (
        fault.facts,
        odd(seen, "collision", summary="s", fix="f"),
        odd(case(), "no-index", summary="s", fix="f"),
    ) == (
        {"tool": "f"},
        (),
        (),
    )


def test_words_in_place_of_an_answer() -> None:
    """Where the request is known; without one the words themselves tell the rule."""
    asked = {"messages": [USER]}
    assert worded(case(request=asked, log="x"), ANYTHING, summary="s", fix="f")
    assert worded(case(request=asked, response="x"), ANYTHING, summary="s", fix="f")
    assert not worded(case(log="x"), ANYTHING, summary="s", fix="f")
    assert not worded(case(request=asked, response=body(), log="x"), ANYTHING, summary="s", fix="f")


def test_a_client_with_a_right_answer() -> None:
    """Nobody in particular is no client."""
    right = stream(said("a"), STOP)
    assert client_of(case(client="rig", status=200, response=right)) == "rig"
    for parts in (
        {"client": "any"},
        {"client": "curl"},
        {},
        {"client": "rig", "status": 400},
        {"client": "rig", "response": "x"},
    ):
        assert not client_of(case(**{"status": 200, "response": right} | parts))


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ('{"a', True),
        ('{"a": [1, 2', True),
        ('{"a": "}', True),
        ("{}", False),
        ("", False),
        ("{'a'}", False),
        ("x", False),
    ],
)
def test_arguments_that_break_off(text: str, cut: bool) -> None:
    """What is whole, though no JSON, was not cut."""
    assert cut_off(text) is cut


def test_no_answer_told_nothing() -> None:
    """It is None, and costs nothing."""
    assert told(case()) is None
    assert told(case(response=body())) is not None
