"""Promises of `nexdiag.capture.redact`."""

import gzip
import json
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts
from strategies_wire import bodies_raw, cassettes

from nexdiag.capture.redact import KEPT_HEADERS, Redactor
from nexdiag.capture.secrets import mark
from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Request, Response
from nexdiag.core.scenario import Say, Scenario

KEY = "sk-test-0123456789abcdef"
MARK = mark(KEY.encode())


def redactor() -> Redactor:
    """One that knows the key."""
    return Redactor([KEY])


def chunks(*pieces: bytes) -> tuple[Chunk, ...]:
    """Pieces with their times."""
    return tuple(Chunk(at=float(number), bytes=piece) for number, piece in enumerate(pieces))


def test_headers_are_kept_by_allowlist() -> None:
    """Names and harmless values stay; any other value is a stable placeholder, and an empty one stays empty."""
    headers = (
        ("authorization", f"Bearer {KEY}"),
        ("content-type", "application/json"),
        ("x-api-key", KEY),
        ("cookie", "a=b"),
        ("cookie", "a=b"),
        ("set-cookie", "c=d"),
        ("x-nobody-knows", "harmless?"),
        ("api-key", ""),
    )
    found = redactor().headers(headers)
    assert [name for name, _ in found] == [name for name, _ in headers]
    values = [value for _, value in found]
    assert values[1] == "application/json"
    assert values[2] == MARK
    assert values[3] == values[4] != values[5]
    assert all(value.startswith("[redacted ") for value in values[:1] + values[2:7])
    assert values[7] == ""


@pytest.mark.parametrize("name", sorted(KEPT_HEADERS))
def test_harmless_headers_are_looked_through_too(name: str) -> None:
    """An allowlisted header with a key in it is no hiding place; without one it is as it was."""
    ((_, with_key), (_, without)) = redactor().headers(((name, f"a {KEY} b"), (name, "a é b")))
    assert with_key == f"a {MARK} b"
    assert without == "a é b"


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://host:8000/v1/chat?a=b", "https://host:8000/v1/chat?a=b"),
        ("https://me:pa55@host/v1", "https://host/v1"),
        ("https://me:p@55@host/v1", "https://host/v1"),
        ("https://token@host/v1?u=a@b", "https://host/v1?u=a@b"),
        (f"https://host/{KEY}/v1", f"https://host/{MARK}/v1"),
        ("https://host/v1?key=abc&alt=sse", f"https://host/v1?key={mark(b'abc')}&alt=sse"),
        ("https://host/v1?api-key=abc", f"https://host/v1?api-key={mark(b'abc')}"),
        ("https://host/v1?a=1&access_token=x#f", f"https://host/v1?a=1&access_token={mark(b'x')}#f"),
        ("https://host/v1?max_tokens=5&api-version=2", "https://host/v1?max_tokens=5&api-version=2"),
    ],
)
def test_urls_lose_credentials(url: str, clean: str) -> None:
    """Users, passwords, keys in the path, and parameters that are named for a secret; and no more the second time."""
    assert redactor().url(url) == clean
    assert redactor().url(clean) == clean


@given(bodies_raw)
def test_a_body_without_secrets_is_the_very_bytes(raw: bytes) -> None:
    """What redaction does not change comes back byte for byte, and with the same links."""
    body = Splitter().split(raw)
    knows = redactor()
    clean = knows.body(body)
    assert clean.join() == raw
    assert clean == body
    assert knows.count == 0


def test_a_secret_in_a_list_leaves_the_rest_shared() -> None:
    """The messages before the secret stay the same links; those after it are made once, however often they come."""
    splitter, knows = Splitter(), redactor()
    entries = [b'{"a":1}', b'{"k":"%s"}' % KEY.encode(), b'{"b":2}', b'{"c":3}']
    before, after, again = (splitter.split(b'{"messages":[%s]}' % b",".join(entries[:size])) for size in (1, 4, 4))
    clean = [knows.body(body).last_link("messages") for body in (before, after, again)]
    assert clean[0] is before.last_link("messages")
    assert clean[1] is clean[2]
    assert clean[1] is not None
    assert [link.raw for link in clean[1].chain()] == [
        entries[0],
        entries[1].replace(KEY.encode(), MARK.encode()),
        *entries[2:],
    ]
    assert clean[1].at(1) is clean[0]


def test_count_tells_how_many_marks_the_file_has() -> None:
    """A message that is sent again and again is written once, and counts once."""
    splitter, knows = Splitter(), redactor()
    for size in range(1, 10):
        entries = b",".join([b'{"k":"%s"}' % KEY.encode()] + [b"{}"] * size)
        knows.body(splitter.split(b'{"model":"%s","messages":[%s]}' % (KEY.encode(), entries)))
    assert knows.count == 2
    knows.text(f"{KEY} {KEY}")
    assert knows.count == 4


@pytest.mark.parametrize("raw", [b'{"a":123456789}', b'{"messages":[{"a":1},{"b":123456789}]}', b"123456789"])
def test_a_secret_that_is_a_number_leaves_a_body_that_can_be_written(raw: bytes) -> None:
    """Where a placeholder makes the body no JSON, it is kept as plain bytes, every time."""
    knows = Redactor(["123456789"])
    for _ in range(2):
        body = knows.body(Splitter().split(raw))
        assert body.raw == raw.replace(b"123456789", mark(b"123456789").encode())


@given(st.lists(st.integers(0, 40), max_size=6))
def test_a_secret_cut_by_chunks_stands_where_it_began(cuts: list[int]) -> None:
    """However the network cut it; the number of chunks and their times stay."""
    whole = b"x" * 8 + KEY.encode() + b"y" * 8
    places = [0, *sorted(cuts), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(places)]
    given_chunks = chunks(*pieces)
    clean = redactor().chunks(given_chunks)
    assert b"".join(chunk.bytes for chunk in clean) == b"x" * 8 + MARK.encode() + b"y" * 8
    assert [chunk.at for chunk in clean] == [chunk.at for chunk in given_chunks]
    assert any(MARK.encode() in chunk.bytes for chunk in clean)


def test_a_secret_said_token_by_token_is_cut_out() -> None:
    """The deltas of a stream, put together, do not spell the key."""
    pieces = (b'data: {"content":"sk-te"}\n\n', b'data: {"content":"st-0123456789"}\n\ndata: {"content":"abcdef!"}\n\n')
    clean = redactor().chunks(chunks(*pieces))
    assert [chunk.bytes for chunk in clean] == [
        b'data: {"content":"%s"}\n\n' % MARK.encode(),
        b'data: {"content":""}\n\ndata: {"content":"!"}\n\n',
    ]


def test_a_response_says_its_new_length() -> None:
    """Where a body has changed, so has `content-length`: a server that replays it would break off otherwise."""
    pieces = (b"a " + KEY.encode(), b" b")
    response = Response(status=200, headers=(("content-length", "28"),), chunks=chunks(*pieces), first_byte=0.5)
    clean = redactor().response(response)
    assert clean.body == b"a %s b" % MARK.encode()
    assert clean.header("content-length") == str(len(clean.body))
    assert (clean.status, clean.first_byte) == (200, 0.5)


@pytest.mark.parametrize(("encoding", "squeeze"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_body_is_no_hiding_place(encoding: str, squeeze: object) -> None:
    """With a secret in it, it is kept plain, and says so; without one it is kept byte for byte."""
    assert callable(squeeze)
    for text in (f"a {KEY} b", "a b"):
        raw = squeeze(text.encode())
        response = Response(status=200, headers=(("content-encoding", encoding),), chunks=chunks(raw[:9], raw[9:]))
        clean = redactor().response(response)
        if KEY in text:
            assert clean.body.decode() == text.replace(KEY, MARK)
            assert clean.header("content-encoding") == ""
        else:
            assert clean == response


@pytest.mark.parametrize(
    "raw",
    [b"no gzip", gzip.compress(b"x" * 10)[:-9], gzip.compress(b"\0" * 2**26 + KEY.encode())],
    ids=["no gzip", "cut", "a bomb"],  # by themselves they would be named for the second in which they were made
)
def test_what_does_not_decompress_is_kept(raw: bytes) -> None:
    """Broken, cut off, or a bomb: the bytes are the record."""
    response = Response(status=200, headers=(("content-encoding", "gzip"),), chunks=chunks(raw))
    assert redactor().response(response) == response


def test_a_header_is_clean() -> None:
    """What the head of a recording says of endpoint and scenario holds no secret either."""
    scenario = Scenario(name="n", about=KEY, system=KEY, say=(Say(text=f"my key: {KEY}"),))
    clean = redactor().header(Header(origin=f"http://me:pw@h/v1?key={KEY}", model="m", scenario=scenario))
    assert KEY not in repr(clean)
    assert clean.origin == f"http://h/v1?key={MARK}"
    assert clean.scenario is not None
    assert clean.scenario.say[0].text == f"my key: {MARK}"
    assert redactor().header(Header(model="m")) == Header(model="m")


@given(texts)
def test_text_without_secrets_stays(text: str) -> None:
    """Nothing else changes, whatever the text holds."""
    assert redactor().text(text) == text


def test_half_a_character_is_borne() -> None:
    """Lone surrogates do not raise; the text beside them stays."""
    assert redactor().text(f"a\ud83d{KEY}") == f"a?{MARK}"
    assert redactor().headers((("x", "\ud83d"),))[0][1].startswith("[redacted")


@given(cassettes())
def test_anything_can_be_redacted(cassette: Cassette) -> None:
    """No exchange makes it raise, and what has no secret is as it was, but for headers."""
    knows = redactor()
    for exchange in cassette.exchanges:
        clean = knows.request(exchange.request)
        assert (clean.method, clean.url, clean.body) == (
            exchange.request.method,
            exchange.request.url,
            exchange.request.body,
        )
        if exchange.response is not None:
            assert knows.response(exchange.response).chunks == exchange.response.chunks


def test_a_request_is_clean_in_all_its_parts() -> None:
    """URL, headers and body; also a name in the body."""
    raw = json.dumps({KEY: 1, "messages": [{"content": f"key {KEY}"}], "other": KEY}).encode()
    asked = Request(
        method="POST", url=f"http://h/v1?key={KEY}", headers=(("authorization", KEY),), body=Splitter().split(raw)
    )
    for request in (asked, Request(method="POST", url=asked.url, headers=asked.headers, body=Body.of(raw))):
        clean = redactor().request(request)
        assert KEY not in repr(clean)
        assert clean.body.join() == raw.replace(KEY.encode(), MARK.encode())
