"""Promises of `nexdiag.runner.smoke.expected`."""

from typing import Any

import pytest

from nexdiag.core.scenario import Expectation, Say, Spoken
from nexdiag.runner.smoke.expected import errors_of, unmet


def broken(spoken: dict[str, Any], expect: dict[str, Any], **more: Any) -> str:  # noqa: ANN401 - any fields
    """What is unmet of these expectations, if this came of the message."""
    facts: dict[str, Any] = {"reply": "Red wine.", "outcome": "answered"} | spoken
    say = Say(text="x", expect=Expectation(**expect))
    return "; ".join(unmet(say, Spoken(number=1, said="x", **facts), **more))


RAN = {"tools": ("glob", "glob", "grep"), "together": 2}


@pytest.mark.parametrize(
    ("spoken", "expect"),
    [
        ({}, {}),
        ({"reply": None, "error": "no"}, {"answer": False}),
        ({}, {"contains": ("RED", "wine")}),
        ({}, {"matches": ("^Red", "w.ne")}),
        (RAN, {"tools": ("glob", "grep"), "not_tools": ("bash", "write_*"), "calls": 3, "together": 2}),
        ({}, {"outcome": "answered"}),
        ({"compacted": True}, {"compacted": True}),
        ({"seconds": 1.0}, {"within": 1.0}),
    ],
)
def test_what_holds_is_not_told(spoken: dict[str, Any], expect: dict[str, Any]) -> None:
    """Nothing is unmet."""
    assert broken(spoken, expect) == ""


@pytest.mark.parametrize(
    ("spoken", "expect", "told"),
    [
        ({"reply": None, "error": "400: no"}, {}, "an answer was expected: 400: no"),
        ({"reply": " \n"}, {}, "an answer was expected: it is empty"),
        ({}, {"contains": ("blue", "red")}, "the answer lacks 'blue'"),
        ({"reply": None}, {"answer": False, "contains": ("a",)}, "the answer lacks 'a'"),
        ({}, {"matches": ("^red",)}, "the answer does not match '^red'"),
        (RAN, {"tools": ("bash",)}, "tool bash was not called"),
        (RAN, {"not_tools": ("g*",)}, "tool glob was called; tool grep was called"),
        (RAN, {"calls": 4}, "3 calls of tools ran, expected at least 4"),
        (RAN, {"together": 3}, "at most 2 calls came in one reply, expected 3"),
        ({}, {"outcome": "failed"}, "the turn was expected to end failed, it ended answered"),
        ({"outcome": ""}, {"outcome": "failed"}, "the turn was expected to end failed, it ended untold"),
        ({}, {"compacted": True}, "the conversation was not compacted"),
        ({"seconds": 1.1}, {"within": 1.0}, "it took 1.1 s, expected within 1 s"),
    ],
)
def test_what_does_not_hold_is_told(spoken: dict[str, Any], expect: dict[str, Any], told: str) -> None:
    """Each in a sentence of its own, with what was wanted and what was found."""
    assert broken(spoken, expect) == told


def test_a_turn_that_is_cancelled_owes_no_answer() -> None:
    """That is what it was cancelled for."""
    cut = Spoken(number=1, said="x", error="cancelled", outcome="cancelled")
    assert unmet(Say(text="x", cancel_after="start"), cut) == ()


def test_why_the_reply_ended_is_judged_where_it_is_known() -> None:
    """None is not known yet; empty is a server that gave no reason."""
    assert broken({}, {"finish": "stop"}) == ""
    assert broken({}, {"finish": "stop"}, finish="stop") == ""
    assert broken({}, {"finish": "stop"}, finish="length") == "the last reply ended with 'length', expected 'stop'"
    assert "'no word why'" in broken({}, {"finish": "stop"}, finish="")


@pytest.mark.parametrize("answers", [0, 2])
def test_a_question_is_answered_once(answers: int) -> None:
    """Never twice, and not never: whoever was killed meanwhile."""
    assert broken({}, {}, answers=1) == ""
    assert broken({}, {}, answers=answers) == f"the question was answered {answers} times, expected once"


def test_of_what_was_not_heard_nothing_is_said() -> None:
    """A follower that was dropped has not seen the tools; the answer came all the same."""
    assert broken({"outcome": ""}, {"tools": ("glob",), "outcome": "answered", "compacted": True}, whole=False) == ""
    assert broken({"reply": None}, {"answer": True}, whole=False)


def test_an_error_of_the_daemon_breaks_a_turn_that_was_answered() -> None:
    """Unless the scenario allows it; the first is told, the others are counted."""
    assert broken({}, {}, errors=("one", "two")) == "the daemon logged an error: one (and 1 more)"
    assert broken({}, {"log_errors": True}, errors=("one", "two")) == ""


def test_errors_are_found_in_the_log() -> None:
    """Levels ERROR and FATAL, and tracebacks; the line that tells this turn's failure is not another error."""
    at = "2026-05-20T14:03:11.482Z"
    lines = [
        f"{at} [INFO] Turn 2 started",
        f"{at} [WARN] 503. Retrying",
        f"{at} [ERROR] Turn 2 failed in 0.10s: 400",
        f"{at} [ERROR] chat 0: internal error",
        f"{at} [FATAL] no room",
        "Traceback (most recent call last):",
        '  File "x.py", line 1',
    ]
    spoken = Spoken(number=5, said="x", turn=2)
    assert errors_of(lines, spoken) == ("chat 0: internal error", "no room", "Traceback (most recent call last):")
    assert len(errors_of(lines, Spoken(number=5, said="x", turn=3))) == 4
