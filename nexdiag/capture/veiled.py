"""Secrets behind an encoding of signs: percent signs of URLs, escapes of JSON, base64. Pure.

A word that holds such signs is read without them; a secret found there is replaced in the word as it stands. Nothing
is decoded where no such sign is, so that most texts cost next to nothing.
"""

import base64
import binascii
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from nexdiag.capture.splice import Edit

Find = Callable[[bytes], Iterable[Edit]]
_PERCENT = re.compile(rb"%([0-7][0-9A-Fa-f])")
_ESCAPE = re.compile(rb"\\u00([2-7][0-9A-Fa-f])")
_WORDS = bytes(32 if sign in b" \t\r\n\"'<>" else 97 for sign in range(256))
_SHORTEST = 20
"""Signs of a word in which a secret could hide."""
_RUN = 40
_ONES = bytes(97 if chr(sign).isascii() and (chr(sign).isalnum() or chr(sign) in "+/-_") else 32 for sign in range(256))
_URLSAFE = bytes.maketrans(b"-_", b"+/")


def veiled(raw: bytes, find: Find) -> Iterator[Edit]:
    """What `find` finds in the words that are encoded, in no order."""
    for escape, sign in ((_PERCENT, b"%"), (_ESCAPE, b"\\u00")):
        if sign in raw:
            for start, end in _words(raw, escape):
                yield from _in_escaped(raw[start:end], start, escape, find)
    yield from _in_base64(raw, find)


def _words(raw: bytes, escape: re.Pattern[bytes]) -> Iterator[tuple[int, int]]:
    """Where the words begin and end that hold an escape."""
    first = escape.search(raw)
    ones = raw.translate(_WORDS) if first is not None else b""
    while first is not None:
        start, end = ones.rfind(b" ", 0, first.start()) + 1, ones.find(b" ", first.end())
        end = len(raw) if end < 0 else end
        if end - start >= _SHORTEST:
            yield start, end
        first = escape.search(raw, end)


def _in_escaped(word: bytes, at: int, escape: re.Pattern[bytes], find: Find) -> Iterator[Edit]:
    """Each escape stands for one sign: by how many stand before a place, one knows it in the word."""
    matches = list(escape.finditer(word))
    if not matches:
        return
    longer = len(matches[0][0]) - 1
    places = [match.start() - longer * number for number, match in enumerate(matches)]
    text = escape.sub(lambda match: bytes.fromhex(match[1].decode()), word)
    if b"PRIVATE+KEY" in text:  # of a form: all that stands in a line of the key is quoted
        text = escape.sub(lambda match: bytes.fromhex(match[1].decode()), word.replace(b"+", b" "))
    for edit in find(text):
        before, within = bisect_left(places, edit.start), bisect_left(places, edit.end)
        if within > before:
            yield Edit(start=at + edit.start + longer * before, end=at + edit.end + longer * within, text=edit.text)


def _in_base64(raw: bytes, find: Find) -> Iterator[Edit]:
    ones = raw.translate(_ONES)
    start = ones.find(b"a" * _RUN)
    while start >= 0:
        end = ones.find(b" ", start)
        end = len(ones) if end < 0 else end
        coded = raw[start : end - (end - start) % 4].translate(_URLSAFE)
        try:
            text = base64.b64decode(coded)
        except binascii.Error:
            text = b""
        for edit in find(text):
            last = min(end, start + -(-edit.end // 3) * 4)
            yield Edit(start=start + edit.start // 3 * 4, end=last, text=edit.text)
        start = ones.find(b"a" * _RUN, end)
