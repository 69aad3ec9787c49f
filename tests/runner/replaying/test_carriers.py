"""Promises of `nexdiag.runner.replaying.carriers`."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from made import chat, user

from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.playback import playback
from nexdiag.replay.playing import bare
from nexdiag.replay.serving.server import ReplayServer
from nexdiag.runner.replaying.carriers import Carrier, Got, OverHTTP, Within, end_to_end, speaks_http

ASKED = chat(user("x"))
STREAM = (("content-type", "text/event-stream"), ("x-own", "1"))
PIECES = (b"data: a\n\n", b"data: b\n\ndata: c\n\n", b"\xff", b"data: [DONE]\n\n")


def exchange(*pieces: bytes, status: int = 200, failure: str | None = None) -> Exchange:
    """A streamed answer in these pieces."""
    chunks = tuple(Chunk(at=0.1 + place, bytes=piece) for place, piece in enumerate(pieces))
    response = Response(status=status, headers=STREAM, chunks=chunks)
    return Exchange(id=0, started=0.0, request=ASKED, response=response, failure=failure)


def carried(found: Exchange, ask: Callable[[Carrier], Awaitable[Got]], *, http: bool) -> Got:
    """What comes back on one of the two ways."""

    async def run() -> Got:
        answers = Answers(Matcher([found]))
        if not http:
            return await ask(Within(answers, None))
        server = ReplayServer(answers, told=bare)
        try:
            return await ask(OverHTTP(await server.start()))
        finally:
            await server.close()

    return asyncio.run(run())


both = pytest.mark.parametrize("http", [True, False], ids=["http", "within"])


@both
def test_an_answer_comes_back_piece_by_piece(*, http: bool) -> None:
    """Status, end-to-end headers, and the very boundaries in which it was recorded."""
    got = carried(exchange(*PIECES), lambda carrier: carrier.ask(ASKED), http=http)
    assert (got.status, got.pieces, got.broken, got.framed) == (200, PIECES, None, True)
    assert end_to_end(got.headers) == STREAM


@both
def test_an_answer_that_broke_off_breaks_off(*, http: bool) -> None:
    """What came before is there, and that it was not all."""
    failed = exchange(*PIECES[:2], failure="RemoteProtocolError: peer closed connection")
    got = carried(failed, lambda carrier: carrier.ask(ASKED), http=http)
    assert (got.status, b"".join(got.pieces)) == (200, b"".join(PIECES[:2]))
    assert got.broken


@both
def test_an_answer_that_never_came_does_not_come(*, http: bool) -> None:
    """No head, and a reason."""
    nothing = msgspec.structs.replace(exchange(), response=None, failure="ConnectError: refused")
    got = carried(nothing, lambda carrier: carrier.ask(ASKED), http=http)
    assert got.status is None
    assert got.broken


@both
def test_a_request_without_a_recording_is_refused(*, http: bool) -> None:
    """With 599, as any client is."""
    assert carried(exchange(), lambda carrier: carrier.ask(chat(user("y"))), http=http).status == 599


@both
def test_an_encoded_request_is_sent_as_it_was_kept(*, http: bool) -> None:
    """The recording holds its body without the encoding, and so it goes out."""
    encoded = msgspec.structs.replace(ASKED, headers=(("content-encoding", "zstd"),), encoding="zstd")
    found = msgspec.structs.replace(exchange(b"x"), request=encoded)
    assert carried(found, lambda carrier: carrier.ask(encoded), http=http).pieces == (b"x",)


def test_a_server_that_is_not_there_is_told_as_that() -> None:
    """No connection is no head."""

    async def run() -> Got:
        return await OverHTTP("http://127.0.0.1:1").ask(ASKED)

    got = asyncio.run(run())
    assert got.status is None
    assert got.broken


@pytest.mark.parametrize(
    ("request_", "answered"),
    [
        (msgspec.structs.replace(ASKED, method="GET /x HTTP/1.1\r\nx:"), exchange()),
        (msgspec.structs.replace(ASKED, method="CONNECT"), exchange()),
        (msgspec.structs.replace(ASKED, url="http://h/a b"), exchange()),
        (msgspec.structs.replace(ASKED, url="http://h/\r\nx: y"), exchange()),
        (msgspec.structs.replace(ASKED, url="nonsense"), exchange()),
        (msgspec.structs.replace(ASKED, headers=(("x", "a\r\nb: c"),)), exchange()),
        (msgspec.structs.replace(ASKED, headers=(("né", "x"),)), exchange()),
        (ASKED, exchange(status=101)),
        (ASKED, exchange(status=7)),
        (ASKED, exchange(b"x", status=204)),
        (ASKED, exchange(status=304, failure="ReadError: gone")),
        (msgspec.structs.replace(ASKED, method="HEAD"), exchange(b"x")),
        (ASKED, exchange(b"x", failure="ReadTimeout: the server said nothing")),
    ],
)
def test_what_no_wire_takes_is_not_sent_over_one(request_: Request, answered: Exchange) -> None:
    """A line end in a method, a path or a header would be another request; a silence would never end."""
    assert speaks_http(ASKED, playback(exchange()))
    expected = playback(answered)
    if request_.url == "nonsense":
        assert speaks_http(request_, expected)  # its path is /
    else:
        assert not speaks_http(request_, expected)
