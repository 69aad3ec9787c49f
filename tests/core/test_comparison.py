"""Promises of nexdiag.core.comparison."""

import pytest

from nexdiag.core.comparison import Comparison, Place, Row, Side
from nexdiag.core.difference import Difference

HERE, THERE = Place(exchange=0), Place(exchange=1)
CHANGED = Difference(pointer="/model", left="a", right="b", aspect="parameters")
SLOWER = Difference(pointer="", left=1.0, right=2.0, aspect="timing")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (Row(left=HERE, right=THERE, title=""), "same"),
        (Row(left=HERE, right=THERE, title="", differences=(CHANGED,)), "changed"),
        (Row(left=HERE, right=None, title=""), "removed"),
        (Row(left=None, right=THERE, title=""), "added"),
    ],
)
def test_a_row_says_which_side_has_it(row: Row, kind: str) -> None:
    assert row.kind == kind


def test_time_counts_only_where_it_is_asked_for() -> None:
    """Two live runs never take the same time: that is no difference of weight."""
    rows = (Row(left=HERE, right=THERE, title="", differences=(CHANGED, SLOWER)),)
    made = Comparison(left=Side(name="a"), right=Side(name="b"), mode="run", rows=rows)
    assert made.differences() == (CHANGED,)
    assert made.differences(frozenset({"timing"})) == (SLOWER,)
