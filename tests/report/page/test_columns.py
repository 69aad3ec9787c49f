"""Promises of nexdiag.report.page.columns."""

import math

from report import sample

from nexdiag.report.page.columns import Clock, Index, milliseconds
from nexdiag.report.summary import run_facts


def test_times_are_whole_where_they_can_be() -> None:
    """Moments count from the beginning, durations from nothing; what is no time of day is None, no duration zero."""
    assert milliseconds(12.5, 10.0) == 2500
    assert milliseconds(0.00123) == 1.2
    for odd in (math.nan, math.inf, -1.0):
        assert milliseconds(odd, 1.0) is None
        assert milliseconds(odd) == 0


def test_columns_have_an_entry_a_turn() -> None:
    """Every column of the index is as long as there are turns, and names stand once."""
    facts = run_facts(sample.healthy())
    index, clock = Index(facts), Clock(facts.began)
    for place, turn in enumerate(facts.turns):
        index.add(turn, messages=5 + place, log=3 * (place + 1), bodies=place)
        clock.add(turn)
    columns = index.columns()
    assert {len(column) for column in columns["turns"].values()} == {2}
    assert columns["turns"]["messagesEnd"] == [5, 1]
    assert [columns["names"][tool] for tool in columns["turns"]["tools"][0]] == ["read_file"]
    assert clock.columns()["exchanges"][0] == (0, 0, 1)
    assert clock.columns()["tools"] == [(0,), (1200,), (500,), (0,)]
