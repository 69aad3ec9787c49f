"""Promises of `nexdiag.replay.matching.patience`."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.errors import UsageError
from nexdiag.replay.matching.patience import PIECE, endless, expression, replaced


@pytest.mark.parametrize(
    "text", [r"\d+ ms", "(?:ab)+", r"(?:\d{2}:){2}\d{2}", "(?:a++b)+", "x|y", "(?:ab|cd)+", "run-[0-9a-f]{8}"]
)
def test_what_ends_is_taken(text: str) -> None:
    """Usual expressions of what varies."""
    assert expression(text, "/a").pattern == text
    assert not endless(text)


@pytest.mark.parametrize(
    "text",
    [
        "(a+)+",
        "(a*)*b",
        "(?:a|b|ab)*c",
        "(?:a|a)+",
        "(?:(?:a{1,50}){1,50}){1,50}",
        r"(?:\w+\s?)+$",
        "(?:|a)+b",
        ".*.*.*.*~",
        ".*x.*y",
    ],
)
def test_what_may_never_end_is_refused(text: str) -> None:
    """A repetition within a repetition, a choice that is none: with what to write instead."""
    with pytest.raises(UsageError, match=r"for ever|empty text") as refused:
        expression(text, "/a")
    assert refused.value.hint


@pytest.mark.parametrize("text", ["(", "[", "a**", "x*", "(?P<a>x)(?P<a>y)", "(" * 5000, "a{99999999999}"])
def test_what_is_none_is_refused(text: str) -> None:
    """Or fits nothing at all, and so would fit everywhere."""
    with pytest.raises(UsageError) as refused:
        expression(text, "/a")
    assert refused.value.hint


def test_what_is_none_and_what_never_ends_are_endless() -> None:
    """For those who only ask."""
    assert endless("(")
    assert endless("(a+)+")
    assert endless("(" * 5000)


@given(st.lists(st.sampled_from(["took 5 ms", "a" * 100, "b" * PIECE, "\n", "ms"]), max_size=12).map("\n".join))
def test_a_long_text_is_read_in_pieces_that_end_with_lines(text: str) -> None:
    """What fits in a line of usual length is found wherever it stands, and nothing is lost."""
    found = re.compile("[0-9]+ ms")
    assert replaced(found, lambda one: f"<{one[0]}>", text) == found.sub(lambda one: f"<{one[0]}>", text)
    long = "x" * (PIECE - 3) + "55 ms" + text
    assert replaced(found, lambda one: one[0], long) == long
