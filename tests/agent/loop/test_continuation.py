"""Promises of nexdiag.agent.loop.continuation: an answer in parts is told as one, and nothing of it twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.loop.continuation import CONTINUE, Seam, joined, open_parts, overlap
from nexdiag.core.message import Message


@pytest.mark.parametrize(
    ("before", "text", "repeated"),
    [
        ("one two three", "two three four", 9),
        ("one two three", " four", 0),
        ("one two three", "three", 0),  # five bytes are no repetition
        ("a      ", "      b", 6),
        ("so   ", "   so", 0),
        ("日本語です", "日本語です。", 5),
        ("日本", "日本", 0),
        ("", "all of it", 0),
    ],
)
def test_what_a_part_repeats_is_known(before: str, text: str, repeated: int) -> None:
    """The end of what was said, said again; less than six bytes or four characters may be chance."""
    assert overlap(before, text) == repeated


def test_the_parts_are_one_text() -> None:
    """Joined without what they repeat."""
    assert (
        joined(["The answer is fo", "answer is forty-two, beca", " because"]) == "The answer is forty-two, beca because"
    )
    assert joined([]) == ""


letters = st.text("ab ", max_size=40)


@given(letters, st.lists(letters, max_size=6))
def test_it_is_told_as_it_is_joined(before: str, pieces: list[str]) -> None:
    """In whatever pieces it comes, what is told is what the joined text holds."""
    seam = Seam(before)
    told = "".join([*(seam.feed(piece) for piece in pieces), seam.close()])
    assert before + told == joined([before, "".join(pieces)])


def test_what_cannot_be_a_repetition_is_told_at_once() -> None:
    """A stream is held back only as long as it may repeat what was told."""
    seam = Seam("one two")
    assert [seam.feed(piece) for piece in ("tw", "elve", " more")] == ["", "twelve", " more"]
    assert [Seam("").feed(piece) for piece in ("a", "b")] == ["a", "b"]


def test_an_answer_that_breaks_off_is_found_again() -> None:
    """After a crash the parts that were said are those before our wishes to go on."""
    wish = Message(role="user", content=CONTINUE)
    question = Message(role="user", content="q")
    one, two = (Message(role="assistant", content=text) for text in ("one", "two"))
    assert open_parts([question, one, wish, two, wish]) == ["one", "two"]
    assert open_parts([question, one, wish, two]) == []
    assert open_parts([question]) == []
