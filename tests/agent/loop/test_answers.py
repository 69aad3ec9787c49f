"""Promises of nexdiag.agent.loop.answers: each call has one answer, in its order, whatever came of it."""

from nexdiag.agent.loop import repetition
from nexdiag.agent.loop.answers import answers
from nexdiag.agent.loop.normalise import INTERRUPTED, NO_OUTPUT
from nexdiag.core.message import ToolCall
from nexdiag.core.turn import ToolRun


def calls(*ids: str) -> list[ToolCall]:
    return [ToolCall(id=name, name="look", arguments="{}") for name in ids]


def run(name: str, output: str = "x", *, failed: bool = False) -> ToolRun:
    return ToolRun(call_id=name, name="look", arguments="{}", output=output, is_error=failed)


def test_each_call_is_answered_in_its_order() -> None:
    """Runs come in any order; what was not run says why; what nobody asked for is dropped (reference fault L27)."""
    runs = [run("c", ""), run("x"), run("a", "1", failed=True)]
    messages, marks, circle = answers(calls("a", "b", "c", "d"), runs, {"d": "too long"}, [], window=None)
    assert [(message.tool_call_id, message.text, message.is_error) for message in messages] == [
        ("a", "1", True),
        ("b", INTERRUPTED, True),
        ("c", NO_OUTPUT, False),
        ("d", "too long", True),
    ]
    assert (len(marks), circle) == (2, None)


def test_a_result_never_takes_more_than_half_the_window() -> None:
    """An oversized output is cut in its middle, so that the conversation stays usable."""
    (message,), *_ = answers(calls("a"), [run("a", "b" * 9000 + "e" * 9000)], {}, [], window=2000)
    assert len(message.text) < 4200
    assert message.text.startswith("b")
    assert message.text.endswith("e")
    assert "left out here" in message.text
    (whole,), *_ = answers(calls("a"), [run("a", "b" * 18000)], {}, [], window=None)
    assert len(whole.text) == 18000


def test_the_model_is_told_that_it_goes_in_circles() -> None:
    """The third time it is told inside the result, the fifth time the turn ends (reference fault 39)."""
    marks: list[str] = []
    told, circles = [], []
    for _ in range(5):
        (message,), marks, circle = answers(calls("a"), [run("a")], {}, marks, window=None)
        told.append("in a row" in message.text)
        circles.append(circle)
    assert told == [False, False, True, True, True]
    assert circles == [None] * 4 + [repetition.stopped("look", 5)]
    _, marks, circle = answers(calls("a"), [run("a", "new")], {}, marks, window=None)
    assert circle is None


def test_marks_do_not_grow() -> None:
    """However long a turn is, only its last runs are looked at."""
    marks: list[str] = []
    for number in range(99):
        _, marks, _ = answers(calls("a"), [run("a", str(number))], {}, marks, window=None)
    assert len(marks) == repetition.KEPT
