"""Promises of `nexdiag.replay.matching.ambiguity`."""

import math

import pytest

from nexdiag.replay.matching.ambiguity import cost

SIZE = 2000


@pytest.mark.parametrize(
    "text",
    [
        r"\d+ ms", r"\w+\s\w+\s\w+\s", r"(?:\w+\s)+x", "(?:a++b)+", r"(?i)bearer\s+\S+", r"\d+(?:\.\d+)?s", "x[^y]*y",
        r"https?://\S+", r"\s*\d+\s*ms", r"[a-z]+:[0-9]+", r"[\u0400-\u04ff]+\s+\d+", "(?:foo|bar)+z", r"\bfoo\b",
    ],
)  # fmt: skip
def test_where_one_character_decides_it_costs_the_square_at_most(text: str) -> None:
    """A text is begun at each of its places, and run through from each: twice as long costs four times as much."""
    assert cost(text, SIZE) < 8 * SIZE**2
    assert cost(text, 2 * SIZE) < 4.5 * cost(text, SIZE)


@pytest.mark.parametrize(
    "text",
    [
        ".*.*.*.*~", "(?:a?){8}(?:a?){8}(?:a?){8}(?:a?){8}a{30}b", r"(?:\w\w?){1,8}" * 4 + "~", "(?:a|a)" * 26 + "~",
        "(a*)(a*)(a*)b", r"(?:(?=(a*)\1)a)+b", ".*x.*y", "(?i)" + "(?:kx|Ky)" * 40, "(?i:ax|Ay)" * 40,
        r"(?:éx|\wy)" * 40,
        "(?:\u0434+|\u0434)" * 40, r"(?:[^a]x|by)" * 40, "(?:(?!x)a|a)" * 40, "a*(?=.*x)a*b",
    ],
)  # fmt: skip
def test_parts_that_may_share_a_text_multiply(text: str) -> None:
    """Far more than the square of the length: cubes, and constants that no text needs to be long for."""
    assert cost(text, SIZE) > 100 * SIZE**2


@pytest.mark.parametrize("text", ["(a+)+", "(a*)*b", "(?:a|a)+", r"(?:\w+\s?)+$", "(?:|a)+b", "(a)?(?(1)b|c)"])
def test_what_grows_with_no_power_or_is_not_understood_has_no_bound(text: str) -> None:
    """A repetition within a repetition over the same characters."""
    assert cost(text, SIZE) == math.inf
