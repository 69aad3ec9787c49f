"""Promises of `nexdiag.capture.redaction.spellings`."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.capture.redaction.spellings import as_bytes, spellings

KEYS = [
    "sk-test-0123456789abcdef",
    'pass"word/with\\all',
    "a/b+c==&d e",
    "key<>with&signs",
    "schlüssel-ü",
    "emoji-😀-key",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_has_many_spellings(key: str) -> None:
    """JSON, JSON in JSON, URLs, hex, and base64 at each offset."""
    found = spellings(key)
    once = json.dumps(key)[1:-1]
    wanted = [
        key,
        once,
        json.dumps(once)[1:-1],
        once.replace("+", "\\u002B").replace("&", "\\u0026"),
        key.encode().hex(),
    ]
    wanted += [quote(key), quote(key, safe=""), quote_plus(key), key.encode().hex().upper()]
    if not set("<>&+'`") & set(key):
        wanted = [one for one in wanted if "\\u002B" not in one]
    for text in wanted[:3] + wanted[-5:]:
        assert text.encode() in found
    for before in (b"", b"u", b"us"):
        text = base64.b64encode(before + key.encode() + b"!")
        assert any(one in text for one in found)


def test_escapes_that_some_writers_make_are_known() -> None:
    """.NET escapes the plus sign in JSON, Go the angle brackets."""
    assert b"abc\\u002Bdef" in spellings("abc+def")
    assert b"abc\\u003cdef" in spellings("abc<def")


@given(st.text(min_size=1))
def test_any_text_can_be_spelled(text: str) -> None:
    """Lone surrogates too: a key comes from the environment, where bytes may be anything."""
    assert as_bytes(text) in spellings(text)
