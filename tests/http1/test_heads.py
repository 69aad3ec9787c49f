"""Promises of `nexdiag.http1.heads`."""

import pytest

from nexdiag.http1 import heads, refusal
from nexdiag.http1.heads import Asked, Framing, Pairs
from nexdiag.http1.refusal import Refusal

HOST = (b"Host", b"h")


def asked(*headers: tuple[bytes, bytes], method: str = "POST", body: bytes = b"{}", modern: bool = True) -> Asked:
    return Asked(method=method, target="/", headers=list(headers), body=body, modern=modern)


@pytest.mark.parametrize(
    ("method", "target", "version", "headers", "why"),
    [
        ("GET", b"/", "1.1", [HOST], None),
        ("GET", b"/", "1.0", [], None),
        ("GET", b"/", "2.0", [HOST], refusal.VERSION),
        ("GET", b"/", "0.9", [], refusal.VERSION),
        ("CONNECT", b"h:1", "1.1", [HOST], refusal.TUNNEL),
        ("GET", b"http://h/", "1.1", [HOST], refusal.ABSOLUTE),
        ("OPTIONS", b"*", "1.1", [HOST], refusal.ABSOLUTE),
        ("GET", b"/", "1.1", [], refusal.HOST),
        ("GET", b"/", "1.1", [HOST, (b"hOST", b"i")], refusal.HOST),
        ("POST", b"/", "1.1", [HOST, (b"Transfer-Encoding", b"Chunked")], None),
        ("POST", b"/", "1.1", [HOST, (b"Transfer-Encoding", b"gzip, chunked")], refusal.CODING),
        (
            "POST",
            b"/",
            "1.1",
            [HOST, (b"Transfer-Encoding", b"chunked"), (b"transfer-encoding", b"chunked")],
            refusal.CODING,
        ),
        ("POST", b"/", "1.1", [HOST, (b"Expect", b"100-Continue")], None),
        ("POST", b"/", "1.1", [HOST, (b"Expect", b"a miracle")], refusal.EXPECTATION),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(
    method: str, target: bytes, version: str, headers: Pairs, why: Refusal | None
) -> None:
    """By the head alone, before anything is passed on."""
    assert heads.refused(method, target, version, headers) is why


def test_chunks_in_http_1_0_are_refused() -> None:
    """An older server would take the body for a second request."""
    told = heads.refused("POST", b"/", "1.0", [(b"Transfer-Encoding", b"chunked")])
    assert told is not None
    assert told.status == 400


@pytest.mark.parametrize(
    ("method", "status", "headers", "framed"),
    [
        ("GET", 200, [(b"Content-Length", b"3")], Framing.LENGTH),
        ("GET", 200, [(b"Transfer-Encoding", b"CHUNKED")], Framing.CHUNKED),
        ("GET", 200, [], Framing.CLOSE),
        ("HEAD", 200, [(b"Content-Length", b"3")], Framing.NONE),
        ("HEAD", 200, [(b"Transfer-Encoding", b"chunked")], Framing.NONE),
        ("GET", 204, [], Framing.NONE),
        ("GET", 304, [(b"Content-Length", b"3")], Framing.NONE),
    ],
)
def test_where_a_body_ends(method: str, status: int, headers: Pairs, framed: Framing) -> None:
    """RFC 9112, 6.3."""
    assert heads.framing(method, status, headers) is framed


def test_a_coding_that_nobody_asked_for_is_not_guessed_at() -> None:
    """`gzip, chunked` would be handed on as if it were plain."""
    with pytest.raises(ValueError, match="Transfer-Encoding"):
        heads.framing("GET", 200, [(b"Transfer-Encoding", b"gzip, chunked")])


def test_a_client_that_knows_no_chunks_gets_none() -> None:
    """The end of the connection is the end of its body."""
    old = asked(modern=False)
    assert heads.toward(Framing.CHUNKED, old) is Framing.CLOSE
    assert heads.toward(Framing.LENGTH, old) is Framing.LENGTH
    assert heads.toward(Framing.CHUNKED, asked()) is Framing.CHUNKED


def test_the_head_of_an_answer_keeps_its_words() -> None:
    """Order, spelling, repeated fields and the reason stay; what was meant for one hop is made anew."""
    headers = [
        (b"Server", b"x"),
        (b"Set-Cookie", b"a"),
        (b"Set-Cookie", b"b"),
        (b"Content-Encoding", b"zstd"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Keep-Alive", b"timeout=5"),
        (b"Connection", b"close"),
    ]
    head = heads.response_head(207, b"\xc3\x9c", headers, Framing.CHUNKED, keep=False)
    assert head == (
        b"HTTP/1.1 207 \xc3\x9c\r\nServer: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Encoding: zstd\r\n"
        b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("version", "value", "keeps"),
    [("1.1", b"", True), ("1.1", b"X, Close", False), ("1.1", b"keep-alive", True), ("1.0", b"keep-alive", False)],
)
def test_who_keeps_the_connection(version: str, value: bytes, keeps: bool) -> None:
    """HTTP/1.1 does unless it says otherwise; HTTP/1.0 is taken not to."""
    assert heads.keeps_connection(version, [(b"Connection", value)]) is keeps


def test_a_length_is_known_from_the_head() -> None:
    """So that a body that is too large is refused before it is sent."""
    assert heads.declared([(b"content-LENGTH", b" 12 ")]) == 12
    assert heads.declared([HOST]) == 0


def test_words_are_in_lower_case_and_any_bytes() -> None:
    """As `core.exchange.Headers` wants them."""
    assert heads.words([(b"X-A", b"\xe9\xff")]) == (("x-a", "\xe9\xff"),)


def test_offers_and_expectations_are_known() -> None:
    """HTTP/2 in clear is the one offer that may be left; 100-continue the one expectation."""
    assert heads.is_upgrade_to_http2([(b"Upgrade", b"H2C")])
    assert not heads.is_upgrade_to_http2([(b"Upgrade", b"websocket")])
    assert not heads.is_upgrade_to_http2([])
    assert heads.expects_continue([(b"expect", b"100-Continue")])
    assert not heads.expects_continue([])


def test_a_length_cannot_be_named_away() -> None:
    """`Connection: content-length` would leave the client to guess."""
    head = heads.response_head(
        200, b"OK", [(b"Connection", b"content-length"), (b"Content-Length", b"3")], Framing.LENGTH, keep=True
    )
    assert head == b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
