"""Promises of `nexdiag.report.diff.text`."""

import msgspec
from report.diff.sample import comparison

from nexdiag.core.comparison import Place, Row
from nexdiag.core.difference import Difference, Piece
from nexdiag.report.diff.text import ROWS, whole, worded


def test_the_whole_text_is_safe_and_tells_each_part() -> None:
    """Verdict, explanation, first divergence, what follows, what was set aside, findings, what was not checked."""
    shown = whole([comparison()])
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    lines = shown.split("\n")
    assert lines[2] == "✗ 4 differences, the first in turn 2, exchange 1; 2 more only follow   (two runs: --mode run)"
    heads = [line.split("   ")[0].strip() for line in lines if line[:1].isupper()]
    assert heads == [
        "EXPLAINS", "BESIDES", "FIRST DIVERGENCE", "THEN", "FOLLOWS", "SET ASIDE", "FINDINGS",
        "NOT CHECKED  logs: right has none",
    ]  # fmt: skip
    assert "  messages   /messages/4   added   (above)" in lines
    assert any("Use ⟦-74-⟧." in line for line in lines)
    assert any("FOLLOWS      2 differences only because of these" in line for line in lines)
    assert "    + 9.2 s" in lines
    assert [line.split()[-4] for line in lines if "NX101 " in line and "turn 2" in line] != []


def test_all_shows_what_follows() -> None:
    """Each with the note that it is carried on."""
    shown = whole([comparison()], unfolded=True)
    assert "FOLLOWS" not in shown
    assert "messages   /messages/4   added   (carried on)" in shown


def test_several_pairs_end_with_a_sum_and_many_rows_are_counted() -> None:
    """No report is longer than anybody reads."""
    assert whole([comparison(), comparison()]).endswith("2 pairs compared, 2 pairs differ")
    one = Difference(pointer="/x", left=1, right=2, aspect="tools")
    rows = tuple(
        Row(left=Place(exchange=n), right=Place(exchange=n), title="", differences=(one,) * 20) for n in range(99)
    )
    shown = whole([msgspec.structs.replace(comparison(), rows=rows, first=0, explanation=None)])
    assert shown.count("\nTHEN") == ROWS - 1
    assert f"and {(99 - ROWS) * 20:,} more differences in later rows" in shown
    assert "and 8 more differences here" in shown


def test_words_are_marked_on_either_line_and_what_is_left_out_is_counted() -> None:
    """A text that only grew is told on both lines."""
    pieces = [Piece(kind="left out", text="x" * 1234), Piece(kind="same", text="a\t"), Piece(kind="added", text="b\n")]
    assert worded(pieces) == ["- …(1,234 characters)…a ", "+ …(1,234 characters)…a ⟦+b⏎+⟧"]


def test_what_has_no_weight_is_shown_and_what_is_folded_of_it_is_counted() -> None:
    """Two live runs of other words are equal, and their words are seen; shuffled words are called that."""
    quiet = Difference(pointer="(text)", left="one two three", right="three two one", aspect="response", quiet=True)
    place = Place(exchange=0)
    rows = tuple(Row(left=place, right=place, title="x", differences=(quiet,), consequence=n > 0) for n in range(4))
    shown = whole([msgspec.structs.replace(comparison(), rows=rows, first=None, explanation=None)])
    assert "✓ equal: nothing of weight differs; 4 differences without weight" in shown
    assert "BESIDES   exchange 0   x" in shown
    assert '+ "three two one"' in shown
    assert "changed   (without weight here)   (the same words in another order)" in shown
    assert "BESIDES      3 more differences without weight: --all shows them" in shown
    assert "FIRST DIVERGENCE" not in shown


def test_values_that_read_the_same_are_told_with_their_kinds() -> None:
    """A number that became a text."""
    row = msgspec.structs.replace(comparison().rows[0], differences=(Difference(pointer="/x", left=5, right="5"),))
    shown = whole([msgspec.structs.replace(comparison(), rows=(row,), first=0, explanation=None)])
    assert "/x   changed   (an integer, now a text)" in shown


def test_why_a_mode_was_chosen_is_told() -> None:
    """Where nobody has asked for it."""
    assert "(two runs, as most answers differ: --mode run)" in whole([comparison()], chosen=True)
    assert "(two runs: --mode run)" in whole([comparison()])
