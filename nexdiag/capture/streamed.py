"""Secrets that a model says piece by piece: each event of a stream holds a part, and none holds a secret.

Pure. What events say under the same name (`content`, `arguments`, ...) is read as one text; a secret in it is
replaced in the piece where it begins and cut from the others. No other byte of the stream changes.
"""

import json
import re
from collections.abc import Iterator

import msgspec

from nexdiag.capture.secrets import Secrets
from nexdiag.capture.splice import Edit, splice

_STRING = rb'"((?:[^"\\\r\n]++|\\[^\r\n])*+)"'
_STRINGS = re.compile(_STRING + rb"(?:[ \t]*:[ \t]*" + _STRING + rb")?")
"""A string, with the string that it names, if it names one. Strings do not go over a line's end."""


class _Piece(msgspec.Struct, frozen=True, kw_only=True):
    start: int
    end: int
    said: bytes


def edits(stream: bytes, secrets: Secrets) -> list[Edit]:
    """What to change in a stream of JSON texts, one a line, in order. Nothing for any other bytes."""
    if not (stream.startswith(b"data:") or b"\ndata:" in stream or b"}\n{" in stream):
        return []
    texts: dict[bytes, list[_Piece]] = {}
    for match in _STRINGS.finditer(stream):
        if match[2] is not None:
            piece = _Piece(start=match.start(2), end=match.end(2), said=_unescaped(match[2]))
            texts.setdefault(match[1], []).append(piece)
    found = (edit for pieces in texts.values() if len(pieces) > 1 for edit in _cut(pieces, secrets))
    return sorted(found, key=lambda edit: edit.start)


def _cut(pieces: list[_Piece], secrets: Secrets) -> Iterator[Edit]:
    found = secrets.find(b"".join(piece.said for piece in pieces))
    if found:
        for piece, clean in zip(pieces, splice([piece.said for piece in pieces], found), strict=True):
            if clean != piece.said:
                text = json.dumps(clean.decode("utf-8", "replace"), ensure_ascii=False)[1:-1]
                yield Edit(start=piece.start, end=piece.end, text=text.encode())


def _unescaped(text: bytes) -> bytes:
    if b"\\" not in text:
        return text
    try:
        said: str = json.loads(b'"' + text + b'"')
    except ValueError:
        return text
    return said.encode("utf-8", "replace")
