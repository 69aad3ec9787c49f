"""Promises of `nexdiag.capture.redaction.splice`."""

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.capture.redaction.splice import Edit, splice


@st.composite
def spliced(draw: st.DrawFn) -> tuple[list[bytes], list[Edit]]:
    """Draw pieces, and edits of their whole that are in order and apart."""
    pieces = draw(st.lists(st.binary(max_size=6), max_size=6))
    size = len(b"".join(pieces))
    places = sorted(draw(st.lists(st.integers(0, size), unique=True, max_size=6)))
    edits = [
        Edit(start=start, end=end, text=draw(st.binary(max_size=4)))
        for start, end in zip(places[::2], places[1::2], strict=False)
    ]
    return pieces, edits


@given(spliced())
def test_the_whole_is_as_if_it_had_been_one_piece(case: tuple[list[bytes], list[Edit]]) -> None:
    """However it came in pieces, the whole has each edit once; the number of pieces stays."""
    pieces, edits = case
    whole = b"".join(pieces)
    for edit in reversed(edits):
        whole = whole[: edit.start] + edit.text + whole[edit.end :]
    result = splice(pieces, edits)
    assert b"".join(result) == whole
    assert len(result) == len(pieces)


def test_new_text_stands_where_the_old_began() -> None:
    """A replacement is not spread over pieces."""
    assert splice([b"ab", b"", b"cd", b"ef"], [Edit(start=1, end=5, text=b"-NEW-")]) == [b"a-NEW-", b"", b"", b"f"]


def test_pieces_without_edits_are_the_same_bytes() -> None:
    """Nothing else changes."""
    assert splice([b"ab", b"cd"], []) == [b"ab", b"cd"]
