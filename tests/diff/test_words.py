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


def test_a_blank_is_no_word() -> None:
    """Words without one in common share nothing, however many blanks and commas stand between them."""
    left, right = (",".join(f"{n * step}" for n in range(1, 400, 2)) + " " for step in (1001, 100_003))
    assert [piece.kind for piece in pieces(left, right)] == ["removed", "added", "same"]
    assert words(f"{left}{'x' * 9}", f"{right}{'y' * 9}") == ()


def test_a_pair_that_was_met_lately_is_not_compared_again() -> None:
    """Of whatever length, and whichever strings hold it."""
    left = " ".join(f"word{n}" for n in range(9_000))
    right = left.replace("word7 ", "other ")
    assert words(left, right) is words(left[:100] + left[100:], right[:100] + right[100:])


def test_many_repeats_are_aligned_all_the_same() -> None:
    """Beyond what is looked at run by run: the most that is in the same order."""
    left = [("again ", "and ", "the ")[n * n * 7 % 11 % 3] for n in range(300)]
    right = [*left[:100], "new ", *left[100:200], *left[201:]]
    told = pieces("".join(left) + "end", "".join(right) + "end")
    assert made(told, "added") == "".join(left) + "end"
    assert sum(len(piece.text) for piece in told if piece.kind in ("removed", "added")) <= 2 * 24
