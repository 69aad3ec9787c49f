"""Promises of `nexdiag.replay.matching.patience`."""

import pytest

from nexdiag.core.errors import UsageError
from nexdiag.replay.matching.patience import expression


@pytest.mark.parametrize(
    "text", [r"\d+ ms", "(?:ab)+", r"(?:\d{2}:){2}\d{2}", "(?:a++b)+", "x|y", "(?:ab|cd)+", "run-[0-9a-f]{8}"]
)
def test_what_ends_is_taken(text: str) -> None:
    """Usual expressions of what varies."""
    assert expression(text, "/a").pattern == text


@pytest.mark.parametrize(
    "text", ["(a+)+", "(a*)*b", "(?:a|ab)*c", "(?:a|a)+", "(?:(?:a{1,50}){1,50}){1,50}", r"(?:\w+\s?)+$", "(?:|a)+b"]
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
