"""Promises of nexdiag.codec.markdown: whether a place is quoted, wherever the text was cut."""

import pytest
import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.markdown import Code

SIGNS = st.lists(
    st.sampled_from(["`", "``", "```", "~~~", "~", "\n", " ", "a", "````", "<!--", "-->", ">", "| "]), max_size=20
).map("".join)


def after(*pieces: str) -> tuple[bool, bool, bool]:
    code = Code()
    for piece in pieces:
        code.feed(piece)
    return code.inside, code.line_start, code.block_start


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
        ("``", True),
        ("`", True),
        ("a ```\n", False),
        ("a ``b ` c", True),
        ("a ``b ` c`` d", False),
        ("a `b `` c` d", False),
        ("a ``b``` c", True),
        ("``b`` c", False),
        ("```\n```python\n", True),
        ("```\n    ```\n", True),
        ("    ```\n    ```\n", False),
    ],
)
def test_what_stands_in_code(text: str, inside: bool) -> None:
    """A fence holds until a bare one like it closes it; a span until a run as long as its own, or to its line's end."""
    assert after(text)[0] is inside


@pytest.mark.parametrize(("text", "start"), [("", True), ("a\n \t", True), ("a", False), ("a\n`", False)])
def test_where_a_line_begins(text: str, start: bool) -> None:
    """Only white space stands before the beginning of a line."""
    assert after(text)[1] is start


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("", True),
        ("a\n   ", True),
        ("a\n    ", False),
        ("a\n\t", False),
        ("a\n\u00a0", False),
        ("a ", False),
        ("```\n", False),
        ("> a\n", False),
        ("> a\n\n", True),
        ("> a\nb\n", False),
        ("| a |\n", False),
        ("| a |\n\n", True),
        ("a | b\n", True),
        ("<!--\n", False),
        ("<!-- a\n\nb\n", False),
        ("<!-- a --> <!--\n", False),
        ("<!-- `\n--> `\n", True),
        ("<!-- a -->\n", True),
        ("`<!--`\n", True),
        ("` <!--\n", False),
        ("`` ` <!-- ``\n", True),
        ("```\n<!--\n```\n", True),
    ],
)
def test_where_a_block_of_its_own_begins(text: str, start: bool) -> None:
    """At most three spaces into a line, outside code, comments, and the paragraph of a quote or a table."""
    assert after(text)[2] is start


@given(SIGNS, st.data())
def test_where_it_is_cut_changes_nothing(text: str, draw: st.DataObject) -> None:
    """A text fed in pieces leaves the state of the whole."""
    pieces = [piece.decode() for piece in draw.draw(our.pieces(text.encode()))]
    assert after(*pieces) == after(text)
