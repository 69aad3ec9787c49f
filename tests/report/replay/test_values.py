"""Two values beside each other."""

import json

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.difference import Difference
from nexdiag.report.replay.values import as_json, both, common, marked


def test_what_differs_is_marked_and_the_rest_cut_on_both_sides() -> None:
    """Long texts are shown around the place alone."""
    left, right = both(
        Difference(pointer="", left="x" * 500 + " is red. " + "y" * 500, right="x" * 500 + " is blue. " + "y" * 500)
    )
    assert left.startswith("- …xxx")
    assert "is ⟦red⟧. y" in left
    assert "is ⟦blue⟧. y" in right
    assert right.endswith("y…")
    assert len(right) < 120


def test_short_or_strange_values_are_shown_whole() -> None:
    """Marks would not help."""
    assert both(Difference(pointer="", left="user", right="tool")) == ['- "user"', '+ "tool"']
    assert both(Difference(pointer="", left=1, right="1")) == ["- 1", '+ "1"']
    assert both(Difference(pointer="", right={"a": 1}, kind="added")) == ['+ {"a": 1}']
    assert both(Difference(pointer="", left=None, kind="removed")) == ["- null"]


def test_a_space_that_differs_is_seen() -> None:
    """It is not trimmed away at the edge of a mark."""
    assert marked('"one two three "', '"one two three"') == ('"one two three⟦ ⟧"', '"one two three⟦⟧"')


def test_a_huge_part_that_differs_is_cut_in_its_middle() -> None:
    """Its length is told."""
    row = both(Difference(pointer="", left="same beginning", right="same beginning" + "z" * 10_000_000))[1]
    assert "(9,999,920 characters)" in row
    assert len(row) < 200


@given(st.text(), st.text(), st.text(max_size=40), st.text(max_size=40))
def test_both_stay_on_a_line_and_the_common_part_is_common(head: str, tail: str, left: str, right: str) -> None:
    """Whatever the texts are."""
    one, other = head + left + tail, head + right + tail
    start = common(one, other)
    assert one[:start] == other[:start]
    assert one[start : start + 1] != other[start : start + 1] or start == len(one) == len(other)
    for row in both(Difference(pointer="", left=one, right=other)):
        assert len(row.splitlines()) == 1
        row.encode()


def test_what_json_cannot_hold_becomes_text() -> None:
    """Neither bytes nor a number that is none break a report."""
    assert json.loads(as_json([b"\xff", float("nan")])) == ["\\xff", "nan"]
