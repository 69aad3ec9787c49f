r"""Secrets that have no shape of their own but a name: `"api_key": "..."`, `PASSWORD=...`, `--token ...`. Pure.

Law: a name alone proves nothing: code, manuals and schemas are full of `token=` and `"password": "string"`. What is
named has to look made by a machine (long, letters and digits mixed, of many different signs), or like a password.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from nexdiag.codec.needles import Needles
from nexdiag.codec.scrambled import mixed, strange

MIXED = re.compile(rb"(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{8}")
"""Eight letters and digits in a row, with both among them, and one right at the first change."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Where something looks like a secret, and like which."""

    start: int
    end: int
    shape: str


_WORDS = (b"key", b"token", b"secret", b"pass", b"pwd", b"authorization")
_COOKIE = b"cookie"
NAMES = (*_WORDS, _COOKIE)
"""What the names of secrets end with, in small letters: without one of them nothing is named."""
_NEEDLES = Needles(NAMES)
_VALUE = (
    rb"((?:[A-Za-z0-9+/=_.~!@#$%^*?:-]|\\/|&(?=[A-Za-z0-9!@#$%^*])(?![\w.%-]{1,40}=|#?\w{1,8};)){6,2000}+)(?![(\[])"
)
"""An `&` is part of it, but where the next parameter of a URL begins with it, or an entity of HTML."""
_LINE_END = rb"(?:\r?\n|(?:\\{1,7}r)?\\{1,7}n)"
_AFTER = re.compile(
    rb"(?i:key|token|secret|passw(?:or)?d|passphrase|pwd|authorization)"
    rb"(?:_?[0-9]{1,3})?"
    rb"(?:(?:\\{0,7}[\"'`])?[ \t]{0,4}(?::=|=>|[:=>])[ \t]{0,4}(?:(?:[|>]-?)?" + _LINE_END + rb"[ \t]{1,20})?"
    rb"|(?:\\{0,7}[\"'])?,?(?:" + _LINE_END + rb")?[ \t]{0,20}(?:\\{0,7}[\"'])?value(?:\\{0,7}[\"'])?:[ \t]{0,4}"
    rb"|[ \t]{1,2}(?=\S{8}))"
    rb"(?:\\{0,7}[\"'`])?"
    rb"(?:(?i:bearer|basic|token|apikey|bot)[ ]|[A-Za-z0-9_-]{1,40}=(?=[^=]))?" + _VALUE
)
"""From the word that tells on: the end of the name, what stands between, and the value.

In YAML and JSON that may be the next line, or a `value` beside the `name`."""
_COOKIES = re.compile(rb"cookie(?:\\{0,7}[\"'])?[ \t]*:[ \t]*(?:\\{0,7}[\"'])?([^\r\n\"'\\<>\[]{8,4000}+)")
_KEYS = re.compile(
    rb"(?i)(?:api|access|secret|private|auth|account|sign(?:ing|ature)?|encrypt(?:ion)?|master|subscription|shared|client"
    rb"|service|app|deploy|storage|bearer|openai|anthropic|license|webhook|functions?)[ _.-]?\Z"
)
"""Before `key`: a key alone opens nothing, it may be that of a dictionary."""
_NO_TOKENS = re.compile(rb"(?i)(?:page|next|continu\w*|cancel\w*|stop|eos|bos|pad|unk|sep|mask|special|sync)[ _.-]?\Z")
"""Before `token`: what is none of a user's."""
_DASHES = re.compile(rb"(?<![\w-])--?[\w-]{0,30}\Z")
DUMMY = re.compile(
    rb"(?i)your|example|placeholder|change.?me|dummy|redacted|xxxx|\*\*\*|\.\.\.|[a-z]*_here|not.?needed|insert|<|\A\$\w|(?-i:\$[A-Z_]{4}|\$[a-z_]{4})|%\w+%\Z"
)
"""What manuals tell to put in its place."""
_CODE = re.compile(rb"[A-Za-z_$][A-Za-z_]*\d{0,3}(?:(?:\.|->|::|/|-)[A-Za-z_$][A-Za-z_]*\d{0,3})*[,;:.]?\Z")
"""A name of code, or words with dashes between them."""
_SYMBOLS = re.compile(rb"[!@#$%^*?+=~]")
_SHORTEST = 16
_SHORTEST_MIXED = 8
_NEAR = 64
_SHORTEST_PASSWORD = 7
_ENTROPY = 3.0
_PASSWORD_ENTROPY = 2.3
_SHORTEST_NUMBER = 8
_FEWEST_DIGITS = 4
_COUNTED = b"0123456789012345678909876543210987654321"


def named(raw: bytes) -> Iterator[Found]:
    """What a name tells to be a secret, in no order."""
    lower = raw.lower()
    yield from named_at(raw, lower, _NEEDLES.places(lower))


def named_at(raw: bytes, lower: bytes, places: dict[bytes, list[int]]) -> Iterator[Found]:
    """The same of a text, the same in small letters, and where the `NAMES` stand in that."""
    for word in _WORDS:
        past = 0
        for start in places.get(word, ()):
            if start < past:
                continue
            match = _AFTER.match(raw, start)
            past = start + len(word)
            if match is not None:
                before = raw[max(0, start - 40) : start]
                if _told(word, before, raw[match.end() - len(match[0]) : match.start(1)], match[1]):
                    yield Found(start=match.start(1), end=match.end(1), shape=_name(word, before))
                    past = match.end()
                past = max(past, match.end() - _NEAR)  # `key=key=key=...` is read once

    past = 0
    for start in places.get(_COOKIE, ()):
        match = _COOKIES.match(lower, start) if start >= past else None
        if match is not None:
            if any(map(MIXED.search, raw[match.start(1) : match.end(1)].split(b";"))):
                yield Found(start=match.start(1), end=match.end(1), shape="cookies")
            past = match.end()


def looks_made(value: bytes, *, password: bool = False, quoted: bool = False) -> bool:
    """Whether a machine made a value, or a careful user. What is `quoted` is no name of code."""
    if DUMMY.search(value):
        return False
    enough = len(value) >= _SHORTEST_MIXED and value[:1] not in b"/.~" and entropy(value) >= _PASSWORD_ENTROPY
    if enough and (mixed(value) or strange(value)):
        return True
    if _CODE.match(value) and not quoted:
        return False
    if password:
        return _like_password(value)
    return len(value) >= _SHORTEST and MIXED.search(value) is not None and entropy(value) >= _ENTROPY


def _like_password(value: bytes) -> bool:
    """What a careful user would think of: shorter, letters with something else; or a number that is not counted up."""
    if value.isdigit():
        return len(value) >= _SHORTEST_NUMBER and len(set(value)) >= _FEWEST_DIGITS and value not in _COUNTED
    if len(value) < _SHORTEST_PASSWORD or value[:1] in b"/.~" or entropy(value) < _PASSWORD_ENTROPY:
        return False
    letters = any(97 <= sign | 32 <= 122 for sign in value)  # noqa: PLR2004 - a to z
    return letters and (any(48 <= sign <= 57 for sign in value) or _SYMBOLS.search(value) is not None)  # noqa: PLR2004 - 0 to 9


def entropy(value: bytes) -> float:
    """Bits a sign, by how often each occurs in it."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values()) if size else 0.0


def _told(word: bytes, before: bytes, between: bytes, value: bytes) -> bool:
    """Whether the name is that of a secret, and the value like one."""
    if between[-1:] in b" \t" and not re.search(rb"[:=>]", between) and not _DASHES.search(before):
        return False  # `the key is`: without a sign between them, only an option names its value
    if word == b"key" and not _KEYS.search(before):
        return False
    if word == b"token" and _NO_TOKENS.search(before):
        return False
    quoted = between[-1:] in b"\"'`"
    return looks_made(value, password=word in (b"pass", b"pwd"), quoted=quoted)


def _name(word: bytes, before: bytes) -> str:
    match = re.search(rb"[A-Za-z0-9_-]*\Z", before)
    name = (match[0] if match else b"") + {b"pass": b"password"}.get(word, word)
    return f"value of {name.decode('ascii', 'replace').lower()}"
