"""Two texts, word by word: lines first, then words within the lines that changed. Pure.

Law: all pieces in order make either text, and nothing is quadratic in a long one.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from nexdiag.core.difference import Piece
from nexdiag.diff.align import aligned

LONG = 40
"""Characters from which on a text is worth comparing word by word."""
_AROUND = 60
"""Characters of what is the same that are told on either side of what differs."""
_LEAST = 5
"""A text is told word by word if at least a fifth of the longer one is in both."""
_REMEMBERED = 64
"""Pairs of texts, of whatever length, whose pieces are remembered: a request sends again what the last one sent."""
_CRUMB = 3
"""Characters of what is the same between two changes that no reader is helped by."""
_MOST_WORDS = 20_000
"""Words of a changed stretch that are looked at one by one; a longer one is taken sentence by sentence first."""
_SENTENCES = re.compile(r"[^.!?;\n]*[.!?;\n]\s*|[^.!?;\n]+")
_WORDS = re.compile(r"\w+\W{0,8}|\W{1,8}")
"""A word with what stands behind it: a blank of its own would be equal to every other blank."""
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


def words(left: object, right: object) -> tuple[Piece, ...]:
    """How two texts differ; nothing where either is no text, both are short, or they have little in common."""
    if not isinstance(left, str) or not isinstance(right, str) or max(len(left), len(right)) < LONG:
        return ()
    found = _remembered(left, right)
    shared = sum(len(piece.text) for piece in found if piece.kind in ("same", "left out"))
    return found if shared * _LEAST >= max(len(left), len(right)) else ()


def pieces(left: str, right: str) -> tuple[Piece, ...]:
    """All pieces, in order; long stretches that are the same are left out, but for their ends."""
    start, end = _shared(left, right)
    middle = _told(left[start : len(left) - end], right[start : len(right) - end])
    tail = left[len(left) - end :]
    whole = _joined([("same", left[:start]), *middle, ("same", tail)])
    return tuple(_shortened(whole))


_met: OrderedDict[bytes, tuple[Piece, ...]] = OrderedDict()
"""The pieces of the last pairs, by the digests of both texts."""


def _remembered(left: str, right: str) -> tuple[Piece, ...]:
    """The pieces; those of a pair that was met lately are not made again."""
    key = b"".join(hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest() for text in (left, right))
    found = _met.pop(key, None)
    _met[key] = found = pieces(left, right) if found is None else found
    while len(_met) > _REMEMBERED:
        _met.popitem(last=False)
    return found


def _shared(left: str, right: str) -> tuple[int, int]:
    """How many characters both begin and end with, cut back to where a word begins or ends."""
    most = min(len(left), len(right))
    start = _common(left, right, most)
    while 0 < start < max(len(left), len(right)) and (_within(left, start) or _within(right, start)):
        start -= 1
    end = _common(left[::-1], right[::-1], most - start)
    while end > 0 and (_within(left, len(left) - end) or _within(right, len(right) - end)):
        end -= 1
    return start, end


def _within(text: str, place: int) -> bool:
    """Whether the place is within a word."""
    around = text[max(0, place - 1) : place + 1]
    return place > 0 and len(around) > 1 and _is_word(around[0]) and _is_word(around[1])


def _is_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def _common(left: str, right: str, most: int) -> int:
    """How many characters both begin with, by halves: comparing slices is fast."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _told(left: str, right: str) -> Iterator[tuple[str, str]]:
    before, after = _LINES.findall(left), _LINES.findall(right)
    for same, gone, come in _stretches(before, after):
        if same:
            yield "same", same
        elif not gone or not come:
            yield from (("removed", gone), ("added", come))
        else:
            yield from _by_words(gone, come)


def _by_words(left: str, right: str) -> Iterator[tuple[str, str]]:
    before, after = _WORDS.findall(left), _WORDS.findall(right)
    if max(len(before), len(after)) > _MOST_WORDS:
        yield from _by_sentences(left, right)
        return
    for same, gone, come in _stretches(before, after):
        start, end = _shared(gone, come) if gone and come else (0, 0)
        yield from (("same", same or gone[:start]), ("removed", gone[start : len(gone) - end]))
        yield from (("added", come[start : len(come) - end]), ("same", gone[len(gone) - end :]))


def _by_sentences(left: str, right: str) -> Iterator[tuple[str, str]]:
    """A stretch of too many words: the sentences that are the same are found first; what is left is told whole."""
    for same, gone, come in _stretches(_SENTENCES.findall(left), _SENTENCES.findall(right)):
        short = max(len(gone), len(come)) <= _MOST_WORDS and gone and come
        yield from _by_words(gone, come) if short else (("same", same), ("removed", gone), ("added", come))


def _stretches(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """What is the same, or else what is gone and what has come, stretch by stretch."""
    pairs = aligned(before, after, lambda i, j: 0.0)
    for same, group in groupby(
        pairs, key=lambda pair: None not in pair and before[pair[0] or 0] == after[pair[1] or 0]
    ):
        taken = list(group)
        gone = "".join(before[i] for i, _ in taken if i is not None)
        come = "".join(after[j] for _, j in taken if j is not None)
        yield (gone, "", "") if same else ("", gone, come)


def _joined(told: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Neighbours of a kind as one; between two things that are the same, what is removed comes before what is added."""
    merged = _without_crumbs([one for one in told if one[1]])
    out: list[tuple[str, str]] = []
    for same, group in groupby(merged, key=lambda one: one[0] == "same"):
        taken = list(group)
        for wanted in ("same",) if same else ("removed", "added"):
            text = "".join(text for kind, text in taken if kind == wanted)
            out += [(wanted, text)] if text else []
    return out


def _without_crumbs(told: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What is the same but for a sign or a space, between two changes, is told as a part of them."""
    for place, (kind, text) in enumerate(told):
        inside = 0 < place < len(told) - 1 and told[place - 1][0] != "same" and told[place + 1][0] != "same"
        if kind == "same" and inside and len(text.strip()) <= _CRUMB:
            yield from (("removed", text), ("added", text))
        else:
            yield kind, text


def _shortened(whole: Sequence[tuple[str, str]]) -> Iterator[Piece]:
    for place, (kind, text) in enumerate(whole):
        head = _AROUND if place > 0 else 0
        tail = _AROUND if place < len(whole) - 1 else 0
        if kind != "same" or len(text) <= head + tail + _AROUND:
            yield Piece(kind=kind, text=text)
            continue
        cut = len(text) - tail
        for kept, part in (("same", text[:head]), ("left out", text[head:cut]), ("same", text[cut:])):
            if part:
                yield Piece(kind=kept, text=part)
