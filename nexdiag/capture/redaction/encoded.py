"""Secrets behind an encoding of signs: percent signs of URLs, escapes of JSON, base64, hex. Pure.

A word that holds such signs is read without them; a secret found there is replaced in the word as it stands. Nothing
is decoded where no such sign is, so that most texts cost next to nothing.
"""

import base64
import binascii
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from nexdiag.capture.redaction.splice import Edit

Find = Callable[[bytes], Iterable[Edit]]
_PERCENT = re.compile(rb"%([0-7][0-9A-Fa-f])")
_ESCAPE = re.compile(rb"\\u00([2-7][0-9A-Fa-f])")
_WORDS = bytes(32 if sign in b" \t\r\n\"'<>" else 97 for sign in range(256))
_SHORTEST = 20
"""Signs of a word in which a secret could hide."""
_LONG = b"a" * 40
_BACKSLASH = 92
_SHORT_ESCAPE = re.compile(rb"[nrtbf]|u[0-9A-Fa-f]{4}")
"""What belongs to the backslash before it, and not to the run."""
_LINE_END = re.compile(rb"(?:\r?\n|(?:\\{1,7}r)?\\{1,7}n)[ \t]{0,16}")
_HEX = re.compile(rb"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){16,}(?![0-9A-Fa-f])")
_PRINTABLE = bytes((9, 10, 13, *range(32, 127)))
_ONES = bytes(97 if chr(sign).isascii() and (chr(sign).isalnum() or chr(sign) in "+/-_") else 32 for sign in range(256))
_URLSAFE = bytes.maketrans(b"-_", b"+/")


def veiled(raw: bytes, find: Find) -> Iterator[Edit]:
    """What `find` finds in the words that are encoded, in no order."""
    for escape, sign in ((_PERCENT, b"%"), (_ESCAPE, b"\\u00")):
        if sign in raw:
            for start, end in _words(raw, escape):
                yield from _in_escaped(raw[start:end], start, escape, find)
    yield from _in_runs(raw, find)


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


def _in_runs(raw: bytes, find: Find) -> Iterator[Edit]:
    """In base64 and in hex: long runs of letters and digits, which may go on in the next line."""
    ones = raw.translate(_ONES)
    start = ones.find(_LONG)
    while start >= 0:
        lines = _lines(raw, ones, start)
        coded = b"".join(raw[first:last] for first, last in lines)
        for begin, end, text in (*_from_base64(coded, find), *_from_hex(coded, find)):
            yield Edit(start=_place(lines, begin), end=_place(lines, end - 1) + 1, text=text)
        start = ones.find(_LONG, lines[-1][1])


def _lines(raw: bytes, ones: bytes, start: int) -> list[tuple[int, int]]:
    """Where the lines of a run begin and end: each as wide as the first, but for the last."""
    if start and raw[start - 1] == _BACKSLASH:
        escape = _SHORT_ESCAPE.match(raw, start)
        start += len(escape[0]) if escape else 0
    end = _end(ones, start)
    lines, width = [(start, end)], end - start
    while end - start == width and (between := _LINE_END.match(raw, end)) is not None:
        start = between.end()
        end = _end(ones, start)
        if not 0 < end - start <= width:
            break
        lines.append((start, end))
    return lines


def _end(ones: bytes, start: int) -> int:
    end = ones.find(b" ", start)
    return len(ones) if end < 0 else end


def _place(lines: list[tuple[int, int]], sign: int) -> int:
    """Where a sign of the run stands."""
    width = lines[0][1] - lines[0][0]
    number = min(sign // width, len(lines) - 1) if width else 0
    return lines[number][0] + sign - number * width


def _from_base64(coded: bytes, find: Find) -> Iterator[tuple[int, int, bytes]]:
    try:
        text = base64.b64decode(coded.translate(_URLSAFE) + b"A" * (-len(coded) % 4))
    except binascii.Error:
        return
    for edit in find(text):
        end = min(len(coded), -(-edit.end // 3) * 4)
        if edit.start // 3 * 4 < end:
            yield edit.start // 3 * 4, end, edit.text


def _from_hex(coded: bytes, find: Find) -> Iterator[tuple[int, int, bytes]]:
    """Hashes are hex too: only what is half of text is looked into."""
    for match in _HEX.finditer(coded):
        text = bytes.fromhex(match[0].decode())
        if len(text.translate(None, _PRINTABLE)) * 2 <= len(text):
            for edit in find(text):
                yield match.start() + edit.start * 2, match.start() + edit.end * 2, edit.text
