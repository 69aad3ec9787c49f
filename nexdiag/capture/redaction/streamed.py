"""Secrets that a model says piece by piece: each event of a stream holds a part, and none holds a secret.

Pure. What events say under the same name (`content`, `arguments`, `delta`, `partial_json`, ...) is read as one text; a
secret in it is replaced in the piece where it begins and cut from the others. No other byte of the stream changes.
Where a stream says several texts at once (parallel tool calls), those with the same indices are read by themselves too.
"""

import json
import re
from collections.abc import Iterator

from nexdiag.capture.redaction import alike
from nexdiag.capture.redaction.secrets import Secrets
from nexdiag.capture.redaction.splice import Edit, splice

_STRING = rb'"((?:[^"\\\r\n]++|\\[^\r\n])*+)"'
_STRINGS = re.compile(_STRING + rb"(?:[ \t]*:[ \t]*" + _STRING + rb")?")
"""A string, with the string that it names, if it names one. Strings do not go over a line's end."""
_LINES = (b"}\n{", b"}\r\n{", b"}\n,", b"},\n", b"},\r\n")
"""What stands between the texts of a stream that is not of events: JSON Lines, or an array that grows."""


_Piece = tuple[int, int, bytes]
"""Where a string begins and ends, and what it says."""


def clean(pieces: list[bytes], secrets: Secrets) -> tuple[list[bytes], int]:
    """The pieces of a stream without what is said piece by piece, and how many places were changed."""
    stream = b"".join(pieces)
    if not (stream.startswith(b"data:") or b"\ndata:" in stream or any(mark in stream for mark in _LINES)):
        return pieces, 0
    if alike.holds_nothing(stream, secrets):
        return pieces, 0
    found = edits(stream, secrets)
    changed = splice(pieces, found) if found else pieces
    if alike.several(stream):
        again = edits(b"".join(changed), secrets, apart=True)
        changed, found = splice(changed, again) if again else changed, [*found, *again]
    return changed, len(found)


def edits(stream: bytes, secrets: Secrets, *, apart: bool = False) -> list[Edit]:
    """What to change in a stream of JSON texts, one a line, in order. `apart`: texts are told apart by indices too."""
    texts: dict[bytes, list[_Piece]] = {}
    lines = _indices(stream) if apart else iter(())
    upto, indices = 0, b""
    for match in _STRINGS.finditer(stream):
        name, said = match.groups()
        if said is not None:
            while apart and match.start() >= upto:
                upto, indices = next(lines, (len(stream) + 1, b""))
            start, end = match.span(2)
            piece = (start, end, _unescaped(said) if b"\\" in said else said)
            texts.setdefault(indices + name, []).append(piece)
    found = (edit for pieces in texts.values() if _may_spell(pieces) for edit in _cut(pieces, secrets))
    return sorted(found, key=lambda edit: edit.start)


def _indices(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Where each line ends, and the indices that it has."""
    start = 0
    while start < len(stream):
        end = stream.find(b"\n", start)
        end = len(stream) if end < 0 else end + 1
        yield end, b",".join(match[0] for match in alike.INDEX.finditer(stream, start, end)) + b"\n"
        start = end


def _may_spell(pieces: list[_Piece]) -> bool:
    """Not what is said again in each event: an id, a model's name, a type."""
    first = pieces[0][2]
    return any(said != first for _, _, said in pieces)


def _cut(pieces: list[_Piece], secrets: Secrets) -> Iterator[Edit]:
    texts = [said for _, _, said in pieces]
    found = secrets.find(b"".join(texts))
    if found:
        for (start, end, said), kept in zip(pieces, splice(texts, found), strict=True):
            if kept != said:
                text = json.dumps(kept.decode("utf-8", "replace"), ensure_ascii=False)[1:-1]
                yield Edit(start=start, end=end, text=text.encode())


def _unescaped(text: bytes) -> bytes:
    try:
        said: str = json.loads(b'"' + text + b'"')
    except ValueError:
        return text
    return said.encode("utf-8", "replace")
