"""A secret → all the ways in which it may be spelled on a wire or in a file. Pure."""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

SHORTEST = 6
"""Shorter key values are no secrets: replacing `x` or `none` everywhere would destroy the recording."""
_ESCAPED_BY_SOME = "<>&'+`"
"""What .NET and Go write as escapes in JSON, though JSON does not ask for it."""


def spellings(value: str) -> set[bytes]:
    """A secret as it may stand in JSON (and in JSON within JSON), in a URL, in hex, and in base64 at any offset."""
    plain = as_bytes(value)
    texts = {value}
    for _ in range(3):
        texts |= {spelled for text in texts for spelled in _in_json(text)}
    found = {as_bytes(text) for text in texts}
    for safe in ("", "/", "~"):
        for quoted in (quote(plain, safe=safe), quote_plus(plain, safe=safe)):
            found |= {quoted.encode(), re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), quoted).encode()}
    digits = plain.hex()
    return found | {digits.encode(), digits.upper().encode()} | set(_in_base64(plain))


def as_bytes(text: str) -> bytes:
    """As the environment had it: a key may hold bytes that are no UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _in_json(text: str) -> set[str]:
    spelled = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    spelled |= {one.replace("/", "\\/") for one in spelled}
    for escape in ("\\u{:04x}", "\\u{:04X}"):
        spelled |= {
            "".join(escape.format(ord(sign)) if sign in _ESCAPED_BY_SOME else sign for sign in one) for one in spelled
        }
        spelled |= {"".join(escape.format(ord(sign)) if sign in "<>&" else sign for sign in one) for one in spelled}
    return spelled


def _in_base64(plain: bytes) -> Iterator[bytes]:
    """Its middle: the signs at both ends also hold bits of what stands beside it."""
    for offset, dirty in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(b"\0" * offset + plain).rstrip(b"=")
        clean = text[dirty:] if (offset + len(plain)) % 3 == 0 else text[dirty:-1]
        if len(clean) > SHORTEST:
            yield clean
            yield clean.replace(b"+", b"-").replace(b"/", b"_")
