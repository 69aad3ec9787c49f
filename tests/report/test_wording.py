"""Promises of nexdiag.report.wording."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.report.wording import count, date, seconds, time_of_day, tokens


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.004, "4 ms"),
        (1.94, "1.9 s"),
        (42, "42 s"),
        (185, "3 min 05 s"),
        (7440, "2 h 04 min"),
        (-1, "?"),
        (math.nan, "?"),
        (1e300, "?"),
    ],
)
def test_seconds(value: float, words: str) -> None:
    """A duration reads in the unit that fits it, and an absurd one as unknown."""
    assert seconds(value) == words


def test_count_has_a_singular() -> None:
    """One thing is not two."""
    assert (count(1, "turn"), count(1200, "turn"), count(2, "entry", "entries")) == (
        "1 turn",
        "1,200 turns",
        "2 entries",
    )


@pytest.mark.parametrize(("number", "words"), [(812, "812"), (1234, "1.2k"), (34_000, "34k"), (1_200_000, "1.2M")])
def test_tokens(number: int, words: str) -> None:
    """Tokens are rounded to what an eye takes in."""
    assert tokens(number) == words


def test_times_are_utc() -> None:
    """Times of day are in UTC, so that a report reads the same everywhere."""
    assert time_of_day(1_795_348_800.882) == "12:00:00.882"
    assert date(1_795_348_800.0) == "2026-11-22 12:00 UTC"
    assert date(0) == ""


@given(st.floats())
def test_any_number_has_words(value: float) -> None:
    """No recorded number can break a report."""
    assert seconds(value)
    assert time_of_day(value)
    date(value)
