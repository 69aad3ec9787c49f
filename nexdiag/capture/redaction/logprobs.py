"""Secrets that stand in the log probabilities of an answer: token by token, as text and as the numbers of its bytes.

Pure. The tokens that were said are read as one text; where that spells a secret, its tokens are cut out, and so are
the bytes and the alternatives beside them. It does not matter how many events the tokens came in.
"""

import json
import re
from collections.abc import Iterator

from nexdiag.capture.redaction.secrets import Secrets
from nexdiag.capture.redaction.splice import Edit, splice

_HINT = b'"logprobs"'
_STRING = rb'"((?:[^"\\\r\n]++|\\[^\r\n])*+)"'
_PARTS = re.compile(
    rb'"token"\s*+:\s*+'
    + _STRING
    + rb'|"bytes"\s*+:\s*+\[([\d,\s]*+)\]|("top_logprobs"\s*+:\s*+\[)|'
    + _STRING
    + rb"|([\[\]])"
)
"""A token, the numbers of its bytes, where its alternatives begin; any other string; and brackets."""
_MOST_BYTE = 255


class _Said:
    """One token that was said."""

    __slots__ = ("spans", "text")

    def __init__(self, start: int, end: int, text: bytes) -> None:
        self.spans = [(start, end)]
        """Where it stands, and what else tells it: in strings, and in lists of numbers."""
        self.text = text


def clean(pieces: list[bytes], secrets: Secrets) -> tuple[list[bytes], int]:
    """The pieces of an answer without the secrets that its tokens spell, and how many places were changed."""
    if not any(_HINT in piece for piece in pieces) and _HINT not in b"".join(pieces):
        return pieces, 0
    found = edits(b"".join(pieces), secrets)
    return (splice(pieces, found), len(found)) if found else (pieces, 0)


def edits(raw: bytes, secrets: Secrets) -> list[Edit]:
    """What to change in an answer, in order."""
    tokens = _tokens(raw)
    texts = [token.text for token in tokens]
    found = secrets.find(b"".join(texts))
    if not found:
        return []
    changed = zip(tokens, splice(texts, found), strict=True)
    return sorted(
        (edit for token, kept in changed if kept != token.text for edit in _changed(token, kept)),
        key=lambda edit: edit.start,
    )


def _changed(token: _Said, kept: bytes) -> Iterator[Edit]:
    start, end = token.spans[0]
    yield Edit(
        start=start, end=end, text=json.dumps(kept.decode("utf-8", "replace"), ensure_ascii=False)[1:-1].encode()
    )
    for start, end in token.spans[1:]:
        if end > start:
            yield Edit(start=start, end=end, text=b"")


def _tokens(raw: bytes) -> list[_Said]:
    """The tokens that were said, each with all places that tell it."""
    tokens: list[_Said] = []
    deep = 0
    for match in _PARTS.finditer(raw):
        if match[1] is not None:
            if deep and tokens:
                tokens[-1].spans.append(match.span(1))
            else:
                tokens.append(_Said(*match.span(1), _unescaped(match[1])))
        elif match[2] is not None:
            if tokens:
                tokens[-1].spans.append(match.span(2))
                if not deep:
                    tokens[-1].text = _of_numbers(match[2]) or tokens[-1].text
        elif match[3] is not None:
            deep += 1
        elif match[5] is not None and deep:
            deep += 1 if match[5] == b"[" else -1
    return tokens


def _of_numbers(numbers: bytes) -> bytes:
    """What the bytes are: of half a character, the token's text tells nothing."""
    values = [int(number) for number in numbers.split(b",") if len(number.strip()) in (1, 2, 3)]
    return bytes(values) if all(value <= _MOST_BYTE for value in values) else b""


def _unescaped(text: bytes) -> bytes:
    if b"\\" not in text:
        return text
    try:
        said: str = json.loads(b'"' + text + b'"')
    except ValueError:
        return text
    return said.encode("utf-8", "replace")
