"""Rows of small bars."""

from nexdiag.report.sparks import grown


def test_numbers_grow() -> None:
    """Each with a bar of its share of the largest."""
    assert grown([1200, 0, 3400, 3900], 80) == "1.2k ▃  3.4k ▇  3.9k █"


def test_what_tells_nothing_is_not_shown() -> None:
    """No number, or one alone, does not grow."""
    assert grown([], 80) == grown([0, 0], 80) == grown([0, 7], 80) == ""


def test_a_narrow_terminal_has_the_first_and_the_last() -> None:
    """Never more than the width, and a sign for what is between."""
    told = grown(list(range(1, 500)), 40)
    assert len(told) <= 40
    assert "…" in told
    assert told.endswith("499 █")
