"""Promises of `nexdiag.codec.needles`."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.needles import Needles

_words = st.lists(st.text("abc", min_size=1, max_size=4).map(str.encode), min_size=1, max_size=6)


@given(_words, st.text("abcd", max_size=40).map(str.encode))
def test_every_place_of_every_word_is_told(words: list[bytes], text: bytes) -> None:
    """Also of words within words, words that overlap, and a word that overlaps itself; with the library and without."""
    wanted = {word: at for word in words if (at := [at for at in range(len(text)) if text.startswith(word, at)])}
    assert Needles(words).places(text) == wanted
    assert Needles(words, quick=False).places(text) == wanted


def test_the_library_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is not a build of it for every machine."""
    monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    assert Needles([b"key", b"eye"]).places(b"a keyeye") == {b"key": [2], b"eye": [3, 5]}
