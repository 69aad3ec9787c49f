"""Where any of many short words stand in a text, in one pass over it. Pure.

Law: every place of every word is told, also of words that overlap. One pass needs `ahocorasick_rs`, which looks at 32
bytes at a time; without it each word is looked for by itself, and the answer is the same.
"""

import importlib
from collections.abc import Callable, Iterable

Matches = Callable[[bytes], Iterable[tuple[int, int, int]]]
"""Text → the number of a word, where it begins, where it ends: such as overlap no other, from left to right."""


class Needles:
    """Some words, ready to be looked for."""

    def __init__(self, words: Iterable[bytes], *, quick: bool = True) -> None:
        """The words, none of them empty; not `quick`: as where the library is not there."""
        self.words = tuple(dict.fromkeys(words))
        self._matches = _automaton(self.words) if quick else None
        self._under = tuple(_under(word, self.words) for word in self.words)

    def places(self, text: bytes) -> dict[bytes, list[int]]:
        """By each word that the text holds, where it begins, in order."""
        if self._matches is None:
            return {word: starts for word in self.words if word[:1] in text and (starts := _each(word, text))}
        found: dict[bytes, list[int]] = {}
        under = self._under
        for number, start, _ in self._matches(text):
            found.setdefault(self.words[number], []).append(start)
            for shift, word in under[number]:
                if text.startswith(word, start + shift):
                    found.setdefault(word, []).append(start + shift)
        return {word: sorted(set(starts)) for word, starts in found.items()} if found else found


def _under(word: bytes, words: tuple[bytes, ...]) -> tuple[tuple[int, bytes], ...]:
    """What may begin within a word that was found, and how far behind its beginning: the pass goes on at its end."""
    return tuple(
        (shift, other)
        for shift in range(len(word))
        for other in words
        if (shift or other != word) and (other.startswith(word[shift:]) or word.startswith(other, shift))
    )


def _each(word: bytes, text: bytes) -> list[int]:
    starts, start = [], text.find(word)
    while start >= 0:
        starts.append(start)
        start = text.find(word, start + 1)
    return starts


def _automaton(words: tuple[bytes, ...]) -> Matches | None:
    try:
        library = importlib.import_module("ahocorasick_rs")
    except ImportError:  # no build for this machine
        return None
    matches: Matches = library.BytesAhoCorasick(
        words, matchkind=library.MatchKind.LeftmostFirst
    ).find_matches_as_indexes
    return matches
