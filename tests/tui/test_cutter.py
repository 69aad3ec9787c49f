"""A growing text in pieces."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.tui.cutter import HARD, HARD_LINES, Cutter


def cut(*parts: str) -> list[str]:
    cutter, pieces = Cutter(), [""]
    for part in parts:
        for at, text in cutter.feed(part):
            pieces += [""] * (at + 1 - len(pieces))
            pieces[at] += text
    return pieces


def test_a_short_text_is_one_piece() -> None:
    assert cut("Hello ", "world\n\n- a\n") == ["Hello world\n\n- a\n"]


def test_a_cut_falls_between_two_blocks() -> None:
    block = "word " * 50 + "\n\n"
    pieces = cut(block * 30)
    assert len(pieces) > 1
    assert all(piece.endswith("\n\n") for piece in pieces)


def test_a_cut_does_not_fall_before_what_belongs_to_a_list_item() -> None:
    pieces = cut("- item\n\n  more of it\n\n" * 200)
    assert len(pieces) > 1
    assert all(piece.startswith("- item") for piece in pieces)


def test_a_fence_that_is_cut_is_closed_and_opened_again() -> None:
    pieces = cut("```python\n" + "x = 1\n" * (HARD_LINES * 2) + "```\n\nafter\n")
    assert len(pieces) >= 3
    assert all(piece.count("```") == 2 for piece in pieces)
    assert all(piece.startswith("```python\n") for piece in pieces)
    assert pieces[-1].endswith("```\n\nafter\n")


def test_a_line_without_end_is_cut_too() -> None:
    """A megabyte in one line is many small pieces, not one that is parsed again and again."""
    pieces = cut("x" * 1_000_000)
    assert "".join(pieces) == "x" * 1_000_000
    assert max(map(len, pieces)) <= HARD


@given(st.text("ab \n`~", max_size=400), st.lists(st.integers(0, 400), max_size=8))
def test_pieces_do_not_depend_on_how_the_text_arrives(text: str, cuts: list[int]) -> None:
    """Delta by delta or all at once: the same pieces."""
    edges = sorted({0, len(text), *(min(at, len(text)) for at in cuts)})
    parts = [text[begin:end] for begin, end in itertools.pairwise(edges)]
    assert cut(*parts) == cut(text)


@given(st.text("ab\n", min_size=0, max_size=300))
def test_nothing_is_lost(text: str) -> None:
    assert "".join(cut(text * 50)) == text * 50
