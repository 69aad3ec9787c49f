"""Promises of `nexdiag.report.diff.told`."""

import msgspec
from report.diff.sample import comparison

from nexdiag.report.diff.told import missing, place_of, pointer_of, title_of, verdict, weighty


def test_the_verdict_counts_what_weighs_and_names_the_first() -> None:
    """Without it: equal, and what has no weight is counted."""
    found = comparison()
    assert verdict(found) == "4 differences, the first in turn 2, exchange 1; 2 more only follow"
    rest = msgspec.structs.replace(found, rows=found.rows[:2], first=None)
    assert verdict(rest) == "equal: nothing of weight differs; 2 differences without weight"
    assert verdict(msgspec.structs.replace(found, rows=(), first=None)) == "equal: nothing of weight differs"


def test_places_are_told_of_both_sides_where_they_differ() -> None:
    """And of the one that there is."""
    rows = comparison().rows
    assert [place_of(row) for row in rows[3:]] == ["turn 3, exchange 2 ↔ turn 4, exchange 3", "turn 5"]
    assert title_of(rows[2]) == "POST ⟨ESC⟩[31m<script>⟨U+202E⟩"
    one = rows[2].differences[0]
    assert pointer_of(msgspec.structs.replace(one, right_pointer="/messages/9")) == "/messages/3/content ↔ /messages/9"


def test_what_is_carried_on_is_no_news() -> None:
    """Nor is what is quiet, or a matter of time."""
    rows = comparison().rows
    assert [len(weighty(row)) for row in rows] == [0, 0, 3, 1, 1]
    assert list(missing(comparison())) == ["logs: right has none"]
