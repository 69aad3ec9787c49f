"""How a session went, as an exit reason and as one line of JSON."""

import json

import pytest

from nexdiag.core.message import Usage
from nexdiag.core.turn import Turn
from nexdiag.runner.outcome import Talk, ending


def test_how_it_went_is_one_line_of_json() -> None:
    """status, turns, tokens, exit_reason, in this order."""
    turn = Turn(number=1, said="hi", reply="Hello.")
    done = Talk(turns=(turn,), usage=Usage(input_tokens=3, output_tokens=5), exit_reason="end_turn")
    assert json.loads(done.line) == {
        "status": "ok", "turns": 1, "input_tokens": 3, "output_tokens": 5, "exit_reason": "end_turn",
    }  # fmt: skip
    assert list(json.loads(done.line)) == ["status", "turns", "input_tokens", "output_tokens", "exit_reason"]
    assert done.failure is None


@pytest.mark.parametrize("reason", ["max_turns", "cancelled", "empty_first_input", "HTTP 500 from http://h"])
def test_an_abnormal_end_says_so(reason: str) -> None:
    """Whatever is no good end has the status `abnormal` (reference faults 38, L25)."""
    done = Talk(turns=(), usage=Usage(), exit_reason=reason)
    assert not done.well
    assert json.loads(done.line)["status"] == "abnormal"


@pytest.mark.parametrize(
    ("turn", "reason"),
    [
        (Turn(number=1, said="", reply="x"), "end_turn"),
        (Turn(number=1, said="", reply="x", error="cut at max_tokens"), "cut at max_tokens"),
        (Turn(number=1, said="", outcome="failed", error="HTTP 400"), "HTTP 400"),
        (Turn(number=1, said="", outcome="failed"), "failed"),
        (Turn(number=1, said="", outcome="cancelled", error="cancelled"), "cancelled"),
        (None, "cancelled"),
    ],
)
def test_only_a_whole_answer_is_a_good_end(turn: Turn | None, reason: str) -> None:
    """An answer that was cut, a failure and a cancellation each have a reason of their own."""
    assert ending(turn) == reason
