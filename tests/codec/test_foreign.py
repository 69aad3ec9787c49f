"""Promises of `nexdiag.codec.foreign`: wrong types are told in a line, and headers fit their bodies."""

import pytest

from nexdiag.codec.encodings import encoded
from nexdiag.codec.foreign import (
    Broken,
    base64_bytes,
    header_of,
    named,
    sized,
    text_of,
    true_headers,
    undone,
)
from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request

PLAIN = b'{"model":"m"}' * 9


def squeezed(encoding: str) -> bytes:
    body = encoded(PLAIN, encoding)
    assert body is not None
    return body


def test_a_wrong_type_is_told_with_its_place() -> None:
    with pytest.raises(Broken, match="`response` is of type list, and an object is wanted"):
        named([], "`response`")
    with pytest.raises(Broken, match="`uri` is missing, and text is wanted"):
        text_of(None, "`uri`")
    with pytest.raises(Broken, match="`text` is no base64"):
        base64_bytes("abc", "`text`")


def test_a_number_is_its_text_and_half_a_character_is_mended() -> None:
    """As tools write headers, and as they cut emojis."""
    assert (text_of(74, "a"), text_of(b"caf\xe9", "a"), text_of("\ud83d", "a")) == ("74", "café", "�")


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_header_of_an_encoding_goes_where_the_body_has_none(encoding: str) -> None:
    """Aiohttp's recordings and browsers' archives hold plain bodies under the headers of the wire."""
    headers = (("content-type", "a/b"), ("content-encoding", encoding), ("content-length", "5"))
    assert true_headers(headers, squeezed(encoding)) == headers
    assert true_headers(headers, PLAIN) == (("content-type", "a/b"), ("content-length", str(len(PLAIN))))
    assert true_headers(headers, b"") == headers


def test_an_unknown_encoding_is_left_alone() -> None:
    headers = (("content-encoding", "compress"),)
    assert undone(PLAIN, "compress") is None
    assert true_headers(headers, PLAIN) == headers
    assert sized(headers, PLAIN) == ()


def test_the_header_names_the_first_address_that_is_a_models() -> None:
    """And the model of the request to it."""
    page = Exchange(id=0, started=7.0, request=Request(method="GET", url="http://h/"))
    chat = Request(method="POST", url="http://h/v1/chat/completions?a=1", body=Body.of(b'{"model":"tiny"}'))
    header = header_of([page, Exchange(id=1, started=9.0, request=chat)], tool="HAR")
    assert (header.origin, header.model, header.created, header.tool) == ("http://h/v1", "tiny", 7.0, "HAR")
    assert header_of([], tool="HAR").origin == ""
