"""Promises of `nexdiag.http1.refusal`."""

import httptools
import msgspec
import pytest

from nexdiag.capture.proxy.refusal import unreachable
from nexdiag.codec.chat import split_error
from nexdiag.http1 import refusal
from nexdiag.http1.refusal import Refusal

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


@pytest.mark.parametrize("why", [*ALL, unreachable("http://h", "ReadError: \u2713\r\n\r\n"), refusal.malformed("\x00")])
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
    raw = unreachable("http://h", "ConnectError: x").encode(bodiless=True, close=False)
    assert raw.endswith(b"\r\n\r\n")
    assert b"connection: close" not in raw


def test_a_server_answers_by_its_own_name() -> None:
    """So that it can be told from another server of ours."""
    error = msgspec.json.decode(Read(refusal.TOO_LONG.encode(by="replay")).body)["error"]
    assert error["message"].startswith("nexdiag replay: ")
    assert error["type"] == "nexdiag_replay_error"
