"""Promises of nexdiag.report.plots.scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.report.plots.scale import HEIGHT, MARKS, TOP, Axes, ceiling, frame, shared, up


@given(st.integers(0, 3000))
def test_every_entry_is_in_one_mark(entries: int) -> None:
    """However many there are, at most the allowed number of marks holds each of them once, in order."""
    groups = shared(range(entries))
    assert len(groups) == min(entries, MARKS)
    assert [entry for group in groups for entry in group] == list(range(entries))


@pytest.mark.parametrize(("most", "end"), [(0, 1), (0.03, 0.05), (1, 1), (731, 1000), (4100, 5000), (float("inf"), 1)])
def test_axes_end_at_round_numbers(most: float, end: float) -> None:
    """An axis ends at the next round number, whatever the values are."""
    assert ceiling([most]) == pytest.approx(end)
    assert up(end, ceiling([most])) >= TOP - 0.001


def test_a_plot_says_in_words_what_it_shows() -> None:
    """Name and words are there for who does not see it, escaped like all text."""
    plot = frame("<Name>", "at most 3", [], Axes(most=4, unit=str, ends=("turn 1", "9 turns")))
    assert 'role="img" aria-label="&lt;Name&gt;: at most 3"' in plot
    assert "<title>&lt;Name&gt;</title><desc>at most 3</desc>" in plot
    assert f"{HEIGHT}" in plot
    assert "9 turns" in plot
