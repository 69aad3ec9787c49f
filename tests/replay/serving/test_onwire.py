"""Promises of `nexdiag.replay.serving.onwire`."""

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st
from replayed import STREAM, recorded
from strategies_wire import headers as any_headers

from nexdiag.core.exchange import Headers
from nexdiag.http1.heads import Asked, Framing
from nexdiag.replay.playback import STALLED, playback
from nexdiag.replay.serving import onwire
from nexdiag.replay.serving.onwire import Ending

OLD = Asked(method="POST", target="/", headers=[], modern=False)
ASKED = Asked(method="POST", target="/", headers=[])
HEAD = Asked(method="HEAD", target="/", headers=[])
FIVE: Headers = (("content-type", "application/json"), ("content-length", "5"))


@pytest.mark.parametrize(
    ("asked", "headers", "status", "failure", "framed"),
    [
        (ASKED, FIVE, 200, None, Framing.LENGTH),
        (OLD, FIVE, 200, None, Framing.LENGTH),
        (ASKED, (("content-length", "6"),), 200, None, Framing.CHUNKED),  # less than is told
        (ASKED, (("content-length", "4"),), 200, None, Framing.CHUNKED),
        (ASKED, (("content-length", "9"),), 200, "RemoteProtocolError: cut", Framing.LENGTH),
        (ASKED, FIVE, 200, "RemoteProtocolError: cut", Framing.CHUNKED),  # all is there: only a chunk can be missing
        (ASKED, (("content-length", "5"), ("content-length", "5")), 200, None, Framing.CHUNKED),
        (ASKED, (("content-length", "+5"),), 200, None, Framing.CHUNKED),
        (ASKED, (("content-length", "٥"),), 200, None, Framing.CHUNKED),
        (ASKED, (("content-type", "text/event-stream"), ("content-length", "5")), 200, None, Framing.CHUNKED),
        (ASKED, STREAM, 200, None, Framing.CHUNKED),
        (ASKED, (), 200, None, Framing.CHUNKED),
        (OLD, STREAM, 200, None, Framing.CLOSE),
        (HEAD, FIVE, 200, None, Framing.NONE),
        (ASKED, FIVE, 204, None, Framing.NONE),
        (ASKED, FIVE, 304, None, Framing.NONE),
    ],
)
def test_where_the_body_ends(asked: Asked, headers: Headers, status: int, failure: str | None, framed: Framing) -> None:
    """After its length, where that is true of what is sent and it is no stream; else with a chunk, if that is known."""
    played = playback(recorded(headers=headers, status=status, failure=failure))
    assert onwire.framing(played, asked) is framed


@pytest.mark.parametrize(
    ("failure", "framed", "ends"),
    [
        (None, Framing.CHUNKED, Ending.STAY),
        (None, Framing.CLOSE, Ending.CLOSE),
        ("ReadError", Framing.CHUNKED, Ending.RESET),
        ("ReadError: [Errno 104] Connection reset by peer", Framing.NONE, Ending.RESET),
        ("RemoteProtocolError: peer closed connection", Framing.CHUNKED, Ending.CLOSE),
        ("RemoteProtocolError: Server disconnected without sending a response.", Framing.NONE, Ending.CLOSE),
        ("RemoteProtocolError: peer closed connection", Framing.CLOSE, Ending.RESET),  # a close would be its end
        ("ConnectError: refused", Framing.NONE, Ending.CLOSE),
        ("ConnectTimeout", Framing.NONE, Ending.CLOSE),
        ("ReadTimeout", Framing.NONE, Ending.SILENCE),
        ("ReadTimeout: the read timed out", Framing.CHUNKED, Ending.SILENCE),
        (STALLED, Framing.CLOSE, Ending.SILENCE),
        ("Unfinished: the recording ended first", Framing.CHUNKED, Ending.CLOSE),
        ("strange", Framing.CHUNKED, Ending.CLOSE),
        ("", Framing.CHUNKED, Ending.CLOSE),
    ],
)
def test_how_an_answer_ends(failure: str | None, framed: Framing, ends: Ending) -> None:
    """By the words of its failure; a body that only the connection's end would end is never ended by one."""
    assert onwire.ending(failure, framed) is ends


def test_a_head_keeps_what_is_end_to_end() -> None:
    """Date, server, repeated fields and encodings stay, in order; what is of one hop is our own."""
    headers: Headers = (
        ("date", "Mon, 01 Jan 2024 00:00:00 GMT"),
        ("server", "llama.cpp"),
        ("set-cookie", "a"),
        ("set-cookie", "b"),
        ("content-encoding", "zstd"),
        ("transfer-encoding", "gzip, chunked"),
        ("connection", "close, x-hop"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("content-length", "7"),
    )
    assert onwire.head(200, headers, Framing.CHUNKED, keep=True) == (
        b"HTTP/1.1 200 OK\r\ndate: Mon, 01 Jan 2024 00:00:00 GMT\r\nserver: llama.cpp\r\nset-cookie: a\r\n"
        b"set-cookie: b\r\ncontent-encoding: zstd\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    assert b"content-length: 7\r\n" in onwire.head(200, headers, Framing.LENGTH, keep=True)
    assert b"content-length: 7\r\n" in onwire.head(200, headers, Framing.NONE, keep=True)
    assert b"content-length" not in onwire.head(204, headers, Framing.NONE, keep=True)
    assert onwire.head(600, (), Framing.NONE, keep=False) == b"HTTP/1.1 600 \r\nconnection: close\r\n\r\n"


@given(any_headers, st.sampled_from(list(Framing)))
def test_no_recorded_field_becomes_two(headers: Headers, framed: Framing) -> None:
    """Whatever it holds, a parser reads one head, with our framing, and no field that a value has made."""
    seen: list[tuple[bytes, bytes]] = []
    ends: list[bool] = []

    class Read:
        def on_header(self, name: bytes, value: bytes) -> None:
            seen.append((name, value))

        def on_headers_complete(self) -> None:
            ends.append(True)

    hostile: Headers = (*headers, ("x-bad", "a\r\ncontent-length: 3\r\n\r\nHTTP/1.1 200 OK"), ("x y", "1"), ("", "2"))
    parser = httptools.HttpResponseParser(Read())
    parser.feed_data(onwire.head(200, hostile, framed, keep=True))
    assert ends == [True]
    names = [name for name, _ in seen]
    assert set(names) <= {name.encode("latin-1", "replace") for name, _ in hostile} | {b"transfer-encoding"}
    assert b"content-length" not in names
    assert (b"transfer-encoding", b"chunked") in seen or framed is not Framing.CHUNKED


def test_a_web_page_of_this_machine_may_read_the_answer() -> None:
    """If the recording does not say so itself."""
    head = onwire.head(200, (), Framing.NONE, keep=True, origin="http://localhost:3000")
    assert b"access-control-allow-origin: http://localhost:3000\r\nvary: origin\r\n" in head
    own: Headers = (("access-control-allow-origin", "*"),)
    assert onwire.head(200, own, Framing.NONE, keep=True, origin="http://localhost").count(b"allow-origin") == 1


def test_each_piece_is_one_chunk_and_an_empty_one_is_none() -> None:
    """A piece of no bytes would be the end of the body."""
    whole = playback(recorded(pieces=(b"a", b"", b"bc")))
    assert [raw for _, _, raw in onwire.body(whole, Framing.CHUNKED)] == [
        b"1\r\na\r\n", b"", b"2\r\nbc\r\n", onwire.LAST,
    ]  # fmt: skip
    assert [raw for _, _, raw in onwire.body(whole, Framing.CLOSE)] == [b"a", b"", b"bc"]
    assert not list(onwire.body(whole, Framing.NONE))
    cut = playback(recorded(pieces=(b"a",), failure="ReadError"))
    assert [raw for _, _, raw in onwire.body(cut, Framing.CHUNKED)] == [b"1\r\na\r\n"]


@pytest.mark.parametrize(
    ("status", "can"), [(None, True), (200, True), (999, True), (100, False), (101, False), (-1, False), (1000, False)]
)
def test_what_can_be_a_status(status: int | None, can: bool) -> None:
    """A client would wait on after a 100, and no parser reads four digits."""
    assert onwire.playable(status) is can


def test_a_connection_that_was_never_had_is_told_from_one_that_broke() -> None:
    """Only its end can be played."""
    assert onwire.never_connected("ConnectTimeout")
    assert not onwire.never_connected("ReadError")
    assert not onwire.never_connected(None)


@given(
    st.lists(st.binary(max_size=3), max_size=80), st.sampled_from(list(Framing)), st.sampled_from([None, "ReadError"])
)
def test_blocks_are_the_same_bytes(pieces: list[bytes], framed: Framing, failure: str | None) -> None:
    """However many pieces there are."""
    played = playback(recorded(pieces=pieces, failure=failure))
    assert b"".join(onwire.blocks(played, framed)) == b"".join(raw for _, _, raw in onwire.body(played, framed))
