"""Promises of nexdiag.report.plots.tokens."""

import msgspec
from report import sample
from report.long import boxes, long_facts

from nexdiag.report.plots.tokens import tokens
from nexdiag.report.summary import run_facts


def test_the_window_is_drawn_where_it_is_known() -> None:
    """Bars a turn, in and out; the window as a line, with the share that is used."""
    run = sample.healthy()
    assert 'class="limit"' not in (tokens(run_facts(run)) or "")
    header = msgspec.structs.replace(run.cassette.header, window=2000)
    plot = tokens(
        run_facts(msgspec.structs.replace(run, cassette=msgspec.structs.replace(run.cassette, header=header)))
    )
    assert plot
    assert boxes(plot) == {"wait": 2, "got": 2}
    assert 'class="limit"' in plot
    assert "at most 1.5k in one exchange, 74% of the window of 2.0k" in plot


def test_many_turns_share_marks() -> None:
    """A long run has at most the allowed number of bars, and says how many turns stand behind one."""
    plot = tokens(long_facts())
    assert plot
    assert boxes(plot)["got"] <= 400
    assert "each mark is the highest of up to 2 turns" in plot


def test_nothing_told_is_nothing_drawn() -> None:
    """Without usage there is no plot."""
    assert tokens(run_facts(sample.missing_v1())) is None
