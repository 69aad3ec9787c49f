"""Promises of `nexdiag.diff.words`."""

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.difference import Piece
from nexdiag.diff.words import pieces, words

texts = st.lists(st.sampled_from(["one", "two", " ", "\n", ".", "é", "long " * 40]), max_size=20).map("".join)


def made(told: tuple[Piece, ...], other: str) -> str:
    """One of the two texts, of its pieces."""
    return "".join(piece.text for piece in told if piece.kind != other)


@given(texts, texts)
def test_all_pieces_in_order_make_either_text(left: str, right: str) -> None:
    """And equal texts have nothing that is removed or added."""
    told = pieces(left, right)
    assert (made(told, "added"), made(told, "removed")) == (left, right)
    assert (left == right) == all(piece.kind in ("same", "left out") for piece in told)


def test_a_word_is_the_smallest_thing_that_changes() -> None:
    """What is the same and long is left out, but for its ends."""
    left = f"{'The same again. ' * 30}Use 74% of it, please. {'The end of it. ' * 30}"
    told = words(left, left.replace("74", "100"))
    assert [(piece.kind, piece.text) for piece in told if piece.kind in ("removed", "added")] == [
        ("removed", "74"),
        ("added", "100"),
    ]
    assert [piece.kind for piece in told] == ["left out", "same", "removed", "added", "same", "left out"]


def test_texts_that_are_short_or_strangers_are_told_as_a_whole() -> None:
    """No word by word of what has nothing in common, nor of what is no text."""
    assert words("yes", "no") == ()
    assert words("a" * 100, "b" * 100) == ()
    assert words(None, "long enough to be told" * 9) == ()


def test_a_megabyte_that_differs_everywhere_ends() -> None:
    """Lines without anything in common, and one line of half a million words: coarser, and whole all the same."""
    left, right = ("\n".join(f"{word} {n} and more" for n in range(40_000)) for word in ("left", "right"))
    assert made(pieces(left, right), "added") == left
    left, right = (" ".join(f"{n * step}" for n in range(100_000)) for step in (2, 3))
    assert made(pieces(left, right), "removed") == right


def test_one_line_of_too_many_words_is_compared_by_its_sentences() -> None:
    """So that a few edits far apart in it are told, and not the whole."""
    left = " ".join(f"Sentence {n} of a very long paragraph." for n in range(5_000))
    told = pieces(left, left.replace("Sentence 9 of", "Nothing of").replace("Sentence 4990 of", "No of"))
    assert [piece.text for piece in told if piece.kind == "removed"] == ["Sentence 9", "Sentence 4990"]
