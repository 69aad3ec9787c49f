"""Entries of a transcript."""

from nexdiag.tui.entries import Answer, Note


def test_a_streamed_entry_is_the_pieces_that_came() -> None:
    answer = Answer(key=1, pieces=["One ", "two"])
    assert answer.text == "One two"
    assert answer.pieces == ["One ", "two"]  # whoever draws counts them


def test_entries_are_themselves_and_not_their_text() -> None:
    """Two equal notes are two: comparing texts would cost their length at every change."""
    assert Note(key=1, text="a") != Note(key=1, text="a")
