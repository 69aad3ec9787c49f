"""Promises of nexdiag.codec.markdown: whether a place is quoted, wherever the text was cut."""

import pytest
import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.markdown import Code

SIGNS = st.lists(st.sampled_from(["`", "```", "~~~", "~", "\n", " ", "a", "````"]), max_size=20).map("".join)


def after(*pieces: str) -> tuple[bool, bool]:
    code = Code()
    for piece in pieces:
        code.feed(piece)
    return code.inside, code.line_start


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("", False),
        ("a `", True),
        ("a `b` ", False),
        ("a `b\n", False),
        ("```\n", True),
        ("```python\nx = 1\n", True),
        ("```\nx\n```\n", False),
        ("````\n```\n", True),
        ("~~~\n```\n", True),
        ("  ~~~ sh\n", True),
        ("```one``` line\n", False),
        ("``` ", True),
        ("``", False),
        ("`", True),
        ("a ```\n", False),
    ],
)
def test_what_stands_in_code(text: str, inside: bool) -> None:
    """A fence holds until one like it closes it; a span lies behind an odd backtick, and ends with its line."""
    assert after(text)[0] is inside


@pytest.mark.parametrize(("text", "start"), [("", True), ("a\n \t", True), ("a", False), ("a\n`", False)])
def test_where_a_line_begins(text: str, start: bool) -> None:
    """Only white space stands before the beginning of a line."""
    assert after(text)[1] is start


@given(SIGNS, st.data())
def test_where_it_is_cut_changes_nothing(text: str, draw: st.DataObject) -> None:
    """A text fed in pieces leaves the state of the whole."""
    pieces = [piece.decode() for piece in draw.draw(our.pieces(text.encode()))]
    assert after(*pieces) == after(text)
