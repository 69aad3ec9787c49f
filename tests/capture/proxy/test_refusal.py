"""Promises of `nexdiag.capture.proxy.refusal`."""

import httptools
import msgspec
import pytest

from nexdiag.capture.proxy import refusal
from nexdiag.capture.proxy.refusal import Refusal
from nexdiag.codec.chat import split_error

ALL = [one for one in vars(refusal).values() if isinstance(one, Refusal)]


class Read:
    """An answer as a parser reads it."""

    def __init__(self, raw: bytes) -> None:
        self.body = b""
        self.whole = False
        self.parser = httptools.HttpResponseParser(self)
        self.parser.feed_data(raw)

    def on_body(self, piece: bytes) -> None:
        self.body += piece

    def on_message_complete(self) -> None:
        self.whole = True


@pytest.mark.parametrize(
    "why", [*ALL, refusal.unreachable("http://h", "ReadError: \u2713\r\n\r\n"), refusal.malformed("\x00")]
)
def test_a_refusal_is_one_whole_answer_in_the_shape_of_openai(why: Refusal) -> None:
    """Whatever words it is made of, a client reads status, message and hint."""
    read = Read(why.encode())
    assert read.whole
    assert read.parser.get_status_code() == why.status
    assert not read.parser.should_keep_alive()
    error = msgspec.json.decode(read.body)["error"]
    assert set(error) == {"message", "type", "param", "code", "hint"}
    assert why.what in error["message"]
    assert why.hint in error["message"]
    assert split_error(why.status, read.body).startswith("nexdiag proxy: ")


def test_to_a_head_there_is_no_body() -> None:
    """The length of the body is told, the body is not sent; the connection may stay."""
    raw = refusal.unreachable("http://h", "ConnectError: x").encode(bodiless=True, close=False)
    assert raw.endswith(b"\r\n\r\n")
    assert b"connection: close" not in raw


@pytest.mark.parametrize(
    ("failure", "status", "hint"),
    [
        ("ConnectError: Connection refused", 502, "is the server running"),
        ("ConnectTimeout", 504, "is the server running"),
        ("ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] self-signed", 502, "SSL_CERT_FILE"),
        ("ReadError", 502, "server's log"),
        ("RemoteProtocolError: x", 502, "server's log"),
    ],
)
def test_a_server_that_is_away_and_one_that_broke_off_are_told_apart(failure: str, status: int, hint: str) -> None:
    """The hint is where to look."""
    told = refusal.unreachable("http://h:1", failure)
    assert told.status == status
    assert hint in told.hint
    assert "http://h:1" in told.what
