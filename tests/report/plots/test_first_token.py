"""Promises of nexdiag.report.plots.first_token."""

from report import sample
from report.long import boxes, long_facts

from nexdiag.report.plots.first_token import first_token
from nexdiag.report.summary import run_facts


def test_each_streamed_turn_is_a_dot() -> None:
    """The longest wait of each turn is drawn, and median and longest are told."""
    plot = first_token(run_facts(sample.healthy()))
    assert plot
    assert boxes(plot) == {"dot": 2}
    assert "half within 225 ms, the longest 240 ms" in plot


def test_refusals_and_single_answers_are_not_drawn() -> None:
    """A refusal has no first token, and one dot tells less than a number."""
    assert first_token(run_facts(sample.alternation())) is None
    assert boxes(first_token(long_facts()) or "") == {"dot": 400}
