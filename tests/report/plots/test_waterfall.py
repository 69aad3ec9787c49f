"""Promises of nexdiag.report.plots.waterfall."""

from report import sample
from report.long import boxes, long_facts

from nexdiag.report.plots.waterfall import waterfall
from nexdiag.report.summary import run_facts


def test_waiting_receiving_and_refusals_are_told_apart() -> None:
    """An answered exchange has two bars, a refused one a bar of its own kind."""
    plot = waterfall(run_facts(sample.alternation()))
    assert plot
    assert boxes(plot) == {"wait": 1, "got": 1, "refused": 2}
    assert "3 exchanges in 7.0 s" in plot
    assert ">turn 1</text>" in plot
    assert ">turn 2</text>" in plot


def test_many_turns_share_rows() -> None:
    """A long run has few marks, and says how many turns share a row; a hostile one is drawn or left out."""
    plot = waterfall(long_facts())
    assert plot
    assert sum(boxes(plot).values()) <= 400
    assert "the longest exchange of up to 4 turns" in plot
    assert 5 <= plot.count("<text") - 2 <= 10, "rows are named where there is room"
    odd = waterfall(run_facts(sample.hostile(length=10)))
    assert odd is None or "nan" not in odd
