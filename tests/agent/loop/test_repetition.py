"""Promises of nexdiag.agent.loop.repetition: circles are seen, and honest repetition is not taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.loop import repetition
from nexdiag.core.turn import ToolRun


def run(arguments: str = "{}", output: str = "x", name: str = "bash", *, failed: bool = False) -> ToolRun:
    return ToolRun(call_id="a", name=name, arguments=arguments, output=output, is_error=failed)


@pytest.mark.parametrize(
    ("marks", "rounds"),
    [
        ("", 1),
        ("a", 1),
        ("baa", 2),
        ("aaaaa", 5),
        ("aaab", 1),
        ("ababab", 3),
        ("xabcdeabcdeabcde", 3),
        ("abcdefabcdefabcdef", 1),
        ("abababa", 3),
    ],
)
def test_rounds_are_counted(marks: str, rounds: int) -> None:
    """A cycle of up to five calls, in a row, at the end (reference fault 39)."""
    assert repetition.rounds(marks) == rounds


@given(st.lists(st.integers(0, 10**9), unique=True, max_size=25))
def test_progress_is_no_circle(outputs: list[int]) -> None:
    """The same call with another outcome each time never counts: somebody polls, or reads on."""
    marks = [repetition.mark(run(output=str(output))) for output in outputs]
    assert repetition.rounds(marks) == 1


def test_arguments_are_the_same_whatever_their_form() -> None:
    """White space and order are no difference; a value, a name, an error is."""
    one = repetition.mark(run('{"a": 1, "b": 2}'))
    assert repetition.mark(run('{"b":2,"a":1}')) == one
    others = [run('{"a": 1, "b": 3}'), run('{"a": 1, "b": 2}', name="look"), run('{"a": 1, "b": 2}', failed=True)]
    assert one not in {repetition.mark(other) for other in others}


@pytest.mark.parametrize("arguments", ["", "{", "[" * 5000, '{"a": NaN}', '{"a": 1, "a": 2}', "\ud800"])
def test_any_arguments_have_a_mark(arguments: str) -> None:
    """Whatever a model writes; equal texts have equal marks."""
    assert repetition.mark(run(arguments)) == repetition.mark(run(arguments))


def test_both_sides_are_told() -> None:
    """The model is told what it does, and the user why the turn ended."""
    assert "3 times" in repetition.note(3)
    assert "bash" in repetition.stopped("bash", 5)
    assert repetition.NOTE_AT < repetition.STOP_AT
