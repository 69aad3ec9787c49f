"""Finding text."""

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.tui.entries import Answer, Failure, Note, Said, Thought, Tool
from nexdiag.tui.search import Hit, find, places


def test_every_kind_of_entry_is_searched_whatever_the_case() -> None:
    entries = [
        Said(key=1, text="A Needle"),
        Answer(key=2, pieces=["nee", "dle"]),
        Tool(key=3, name="bash", output="a NEEDLE"),
        Tool(key=4, name="needle"),
        Note(key=5, text="needle"),
        Failure(key=6, text="needle"),
        Thought(key=7, pieces=["hay"]),
    ]
    assert find(entries, " needle ") == [Hit(key=key) for key in range(1, 7)]
    assert find(entries, "  ") == []


def test_places_are_all_that_there_are() -> None:
    assert places("abAB ab", "ab") == [(0, 2), (2, 4), (5, 7)]
    assert places("abc", "") == []
    assert places("İstanbul", "i") == []  # its small letter is two: marking by place would be wrong


@given(st.text(), st.text(min_size=1))
def test_each_place_holds_the_words(text: str, words: str) -> None:
    assert all(text[begin:end].lower() == words.lower().strip() for begin, end in places(text, words))
