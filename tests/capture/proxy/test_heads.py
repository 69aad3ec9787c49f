"""Promises of `nexdiag.capture.proxy.heads`."""

import pytest

from nexdiag.capture.proxy import heads
from nexdiag.http1.heads import Asked

HOST = (b"Host", b"h")


def asked(*headers: tuple[bytes, bytes], method: str = "POST", body: bytes = b"{}", modern: bool = True) -> Asked:
    return Asked(method=method, target="/", headers=list(headers), body=body, modern=modern)


def test_what_is_meant_for_one_hop_is_not_passed_on() -> None:
    """The fields of RFC 9110, 7.6.1, and those that Connection names, in any spelling; all others as they came."""
    sent = heads.onward(
        asked(
            (b"X-First", b"1"),
            (b"HOST", b"127.0.0.1:1"),
            (b"Connection", b"keep-alive, X-Mine ,"),
            (b"Keep-Alive", b"timeout=5"),
            (b"x-mine", b"2"),
            (b"TE", b"trailers"),
            (b"Trailer", b"x"),
            (b"Upgrade", b"h2c"),
            (b"HTTP2-Settings", b"x"),
            (b"Expect", b"100-continue"),
            (b"Proxy-Authorization", b"Basic x"),
            (b"Proxy-Connection", b"keep-alive"),
            (b"Content-Length", b"002"),
            (b"Authorization", b"Bearer k"),
            (b"Accept-Encoding", b"br"),
            (b"X-Twice", b"1"),
            (b"X-Twice", b"\xff"),
        ),
        b"up:8080",
    )
    assert sent == [
        (b"X-First", b"1"),
        (b"HOST", b"up:8080"),
        (b"Content-Length".lower(), b"2"),
        (b"Authorization", b"Bearer k"),
        (b"Accept-Encoding", b"br"),
        (b"X-Twice", b"1"),
        (b"X-Twice", b"\xff"),
    ]


@pytest.mark.parametrize(
    ("one", "length"),
    [
        (asked(HOST, (b"Transfer-Encoding", b"chunked"), body=b"abc"), [b"3"]),
        (asked(HOST, method="POST", body=b""), [b"0"]),
        (asked(HOST, method="GET", body=b""), []),
        (asked(HOST, (b"Content-Length", b"0"), method="GET", body=b""), [b"0"]),
        (asked(method="PUT", body=b"", modern=False), [b"0"]),
    ],
)
def test_a_body_goes_on_with_its_length(one: Asked, length: list[bytes]) -> None:
    """It is whole by then: chunks are not passed on, and what may have a body says that it has none."""
    sent = heads.onward(one, b"up")
    assert [value for name, value in sent if name == b"content-length"] == length
    assert (b"up") in dict(sent).values()
    assert not [name for name, _ in sent if name.lower() == b"transfer-encoding"]


def test_neither_host_nor_length_can_be_named_away() -> None:
    """`Connection: host, content-length` would leave the upstream to guess."""
    sent = heads.onward(asked(HOST, (b"Connection", b"host, content-length"), (b"Content-Length", b"2")), b"up")
    assert sent == [(b"Host", b"up"), (b"content-length", b"2")]
