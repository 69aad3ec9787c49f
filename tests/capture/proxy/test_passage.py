"""Promises of `nexdiag.capture.proxy.passage`: one exchange, and what becomes of it when a side breaks off."""

import asyncio
import gzip
import json
import socket
import struct
import threading

import pytest
from proxied import PLAIN, Asked, Make, Unkept, rounds

from nexdiag.capture.proxy import kept
from nexdiag.capture.proxy.kept import Keeper

GET = b"GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = b"GET /v1/models HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_what_is_kept_is_what_passed(world: Make) -> None:
    """URL and fields as the upstream got them, the answer as it came: an encoded body stays encoded."""
    body = gzip.compress(b'{"a": 1}')

    async def answer(asked: Asked) -> None:
        head = b"HTTP/1.1 201 Made\r\nContent-Encoding: gzip\r\nServer: x\r\nContent-Length: %d\r\n\r\n" % len(body)
        await asked.send(head + body)

    async def play() -> None:
        async with world(answer, base="/api/v1") as here:
            fields = b"Host: h\r\nAccept: */*\r\nConnection: close\r\nContent-Length: 8\r\n"
            ask = b"POST /v1/x?a=%20b HTTP/1.1\r\n" + fields + b'\r\n{"b": 2}'
            assert (await here.ask(ask)).endswith(body)
            [kept] = here.cassette().exchanges
            assert kept.request.method == "POST"
            assert kept.request.url == f"http://127.0.0.1:{here.upstream_port}/api/v1/x?a=%20b"
            assert kept.request.headers == (
                ("host", f"127.0.0.1:{here.upstream_port}"),
                ("accept", "*/*"),
                ("content-length", "8"),
            )
            assert kept.request.body.join() == b'{"b": 2}'
            assert kept.response is not None
            assert kept.response.status == 201
            assert kept.response.header("content-encoding") == "gzip"
            assert kept.response.body == body
            assert kept.failure is None
            assert 0 <= kept.response.first_byte <= kept.duration

    asyncio.run(play())


def test_a_piece_reaches_the_client_before_the_next_is_sent(world: Make) -> None:
    """The upstream waits for the client to have read each piece: nothing is held back."""
    read = asyncio.Event()

    async def answer(asked: Asked) -> None:
        await asked.send(STREAM)
        for number in range(5):
            await asked.send(b"2\r\n%d\n\r\n" % number)
            await read.wait()
            read.clear()
        await asked.send(b"0\r\n\r\n")

    async def play() -> None:
        async with world(answer) as here:
            reader, writer = await here.connect()
            writer.write(LAST)
            await reader.readuntil(b"\r\n\r\n")
            for number in range(5):
                assert await reader.readexactly(7) == b"2\r\n%d\n\r\n" % number
                read.set()
            assert await reader.read() == b"0\r\n\r\n"
            writer.close()

    asyncio.run(play())


class Held(Unkept):
    """A recording that is not written until it may be."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def end(self, failure: str | None = None) -> None:
        del failure
        self.go.wait()


@pytest.mark.parametrize(
    ("head", "before", "last"),
    [
        (b"Content-Length: 4\r\nContent-Encoding: gzip\r\n", b"", b"body"),
        (b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n", b"2\r\nbo\r\n", b"2\r\ndy\r\n0\r\n\r\n"),
    ],
    ids=["length", "chunked"],
)
def test_only_the_last_piece_waits_until_the_exchange_is_kept(
    world: Make, monkeypatch: pytest.MonkeyPatch, head: bytes, before: bytes, last: bytes
) -> None:
    """Head and pieces that came at once with it are handed on at once."""
    monkeypatch.setattr(kept, "PATIENCE", 1000.0)

    async def answer(asked: Asked) -> None:
        await asked.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + before + last)

    async def play() -> None:
        held = Held()
        async with world(answer, keeper=Keeper(lambda request: held)) as here:
            reader, writer = await here.connect()
            writer.write(LAST)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
            assert await reader.readexactly(len(before)) == before
            await rounds()
            assert not reader._buffer  # type: ignore[attr-defined] # all that has come
            held.go.set()
            assert await reader.read() == last
            writer.close()

    asyncio.run(play())


@pytest.mark.parametrize("head_first", [True, False])
@pytest.mark.parametrize("reset", [True, False])
def test_a_client_that_goes_ends_the_work_upstream(world: Make, head_first: bool, reset: bool) -> None:
    """The upstream sees the end that the client's own connection would have shown it; who broke off is kept."""

    async def answer(asked: Asked) -> None:
        if head_first:
            await asked.send(STREAM + b"9\r\ndata: a\n\n\r\n")
        assert not await asked.reader.read()  # as servers do: where the client's side ends, the work ends

    async def play() -> None:
        async with world(answer) as here:
            reader, writer = await here.connect()
            writer.write(POST)
            if head_first:
                await reader.readuntil(b"data: a\n\n\r\n")
            while not here.seen:
                await rounds(1)
            if reset:
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
            writer.close()
            await here.gone.wait()
            while not here.path.read_bytes().count(b'"exchange":'):
                await rounds(1)
            [kept] = here.cassette().exchanges
            assert (kept.failure or "").startswith("ClientClosed: ")
            assert (kept.response.body if kept.response else None) == (b"data: a\n\n" if head_first else None)

    asyncio.run(play())


def test_a_client_that_is_gone_is_noticed_by_an_upstream_that_looks_for_none(world: Make) -> None:
    """It sends on and on: what cannot be written any more ends it."""

    async def answer(asked: Asked) -> None:
        await asked.send(STREAM)
        while not asked.writer.is_closing():
            await asked.send(b"9\r\ndata: a\n\n\r\n")
            await rounds(1)

    async def play() -> None:
        async with world(answer) as here:
            reader, writer = await here.connect()
            writer.write(POST)
            await reader.readuntil(b"data: a\n\n\r\n")
            writer.close()
            await here.gone.wait()
            [kept] = here.cassette().exchanges
            assert (kept.failure or "").startswith("ClientClosed: ")

    asyncio.run(play())


@pytest.mark.parametrize("again", [GET, POST])
def test_a_client_that_sends_no_more_gets_what_it_has_asked_for(world: Make, again: bytes) -> None:
    """Its sending side is closed while answers are owed: it gets all of them, and then the end."""
    go = asyncio.Event()

    async def answer(asked: Asked) -> None:
        await go.wait()
        await asked.send(PLAIN)

    async def play() -> None:
        async with world(answer) as here:
            reader, writer = await here.connect()
            writer.write(POST + again)
            writer.write_eof()
            while not here.seen:
                await rounds(1)
            await rounds()
            go.set()
            assert await reader.read() == PLAIN + PLAIN
            assert [one.failure for one in here.cassette().exchanges] == [None, None]
            writer.close()

    asyncio.run(play())


def test_an_upstream_that_takes_a_closed_side_for_a_client_that_has_gone_may_do_so(world: Make) -> None:
    """Most servers do. A client that is still there is told, and the recording says whose end came first."""

    async def answer(asked: Asked) -> None:
        await asked.reader.read()
        asked.writer.close()

    async def play() -> None:
        async with world(answer) as here:
            reader, writer = await here.connect()
            writer.write(GET)
            writer.write_eof()
            assert (await reader.read()).startswith(b"HTTP/1.1 502 ")
            assert len(here.seen) == 1
            assert (here.cassette().exchanges[0].failure or "").startswith("ClientClosed: ")
            writer.close()

    asyncio.run(play())


def test_an_upstream_that_is_away_is_told_as_such(world: Make) -> None:
    """502 in the shape of OpenAI's errors, to which a client goes on; a replay raises what httpx would have."""

    async def play() -> None:
        with socket.socket() as taken:  # bound, and not listening: nobody else gets it
            taken.bind(("127.0.0.1", 0))
            async with world() as here:
                side = here.side
                side.pool._upstream = type(side.upstream).of(f"http://127.0.0.1:{taken.getsockname()[1]}")
                reply = await here.ask(POST + LAST)
                assert reply.count(b"HTTP/1.1 502 Bad Gateway") == 2
                error = json.loads(reply.partition(b"\r\n\r\n")[2].partition(b"HTTP/1.1")[0])["error"]
                assert "Connect call failed" in error["message"] or "refused" in error["message"]
                assert error["code"] == "upstream_unreachable"
                assert error["hint"]
                kept = here.cassette().exchanges
                assert [one.response for one in kept] == [None, None]
                assert all((one.failure or "").startswith("ConnectError: ") for one in kept)

    asyncio.run(play())


@pytest.mark.parametrize(
    "sent",
    [
        STREAM + b"9\r\ndata: a\n\n\r\n",
        STREAM + b"9\r\ndata",
        STREAM,
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
    ],
)
@pytest.mark.parametrize("reset", [True, False])
def test_an_answer_that_is_cut_is_cut_for_the_client(world: Make, sent: bytes, reset: bool) -> None:
    """What came is passed on; then the connection ends without the end of the body."""

    async def answer(asked: Asked) -> None:
        await asked.send(sent)
        await rounds()
        if reset:
            asked.writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            asked.reset()
        else:
            asked.writer.close()

    async def play() -> None:
        async with world(answer) as here:
            reply = await here.ask(GET)
            assert reply.startswith(sent[:17])
            assert not reply.endswith(b"0\r\n\r\n")
            assert len(reply) < len(sent) + 40
            [kept] = here.cassette().exchanges
            assert (kept.failure or "").startswith("ReadError" if reset else "RemoteProtocolError: peer closed")
            assert kept.response is not None

    asyncio.run(play())


def test_where_the_end_is_the_connections_a_reset_is_no_end(world: Make) -> None:
    """A body that ends with its connection ends well with a close, and breaks with a reset: for the client too."""

    async def answer(asked: Asked) -> None:
        await asked.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
        await rounds()
        linger = struct.pack("ii", 1, 0)
        asked.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        asked.reset()

    async def play() -> None:
        async with world(answer) as here:
            with pytest.raises(ConnectionResetError):
                await here.ask(GET)
            assert (here.cassette().exchanges[0].failure or "").startswith("ReadError")

    asyncio.run(play())


@pytest.mark.parametrize(
    ("ask", "silent"), [(GET, "before"), (POST, "before"), (GET, "after"), (POST.replace(b"POST", b"PUT"), "after")]
)
def test_a_connection_that_was_closed_while_idle_is_not_the_clients_trouble(
    world: Make, ask: bytes, silent: str
) -> None:
    """Closed before it is used again, or just as a request is sent that may be sent twice: it is kept once."""

    async def answer(asked: Asked) -> None:
        if asked.connection == 0 and len(asks) > 0:
            asked.reset()  # it was read, and nothing came back
            return
        asks.append(asked)
        await asked.send(PLAIN)
        if silent == "before":
            asked.writer.close()

    asks: list[Asked] = []

    async def play() -> None:
        async with world(answer) as here:
            reader, writer = await here.connect()
            for _ in range(2):
                writer.write(ask)
                assert await reader.readexactly(len(PLAIN)) == PLAIN
            assert here.connections == 2
            assert [one.failure for one in here.cassette().exchanges] == [None, None]
            writer.close()

    asyncio.run(play())


def test_what_must_not_be_done_twice_is_not_sent_twice(world: Make) -> None:
    """An upstream reads a POST to its end on a connection that was used before, and closes it: that was its work."""

    async def answer(asked: Asked) -> None:
        if len(here_seen) == 1:
            asked.writer.close()
            return
        here_seen.append(asked)
        await asked.send(PLAIN)

    here_seen: list[Asked] = []

    async def play() -> None:
        async with world(answer) as here:
            reader, writer = await here.connect()
            writer.write(POST)
            assert await reader.readexactly(len(PLAIN)) == PLAIN
            writer.write(POST)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 502 ")
            assert len(here.seen) == 2
            assert here.connections == 1
            failures = [one.failure for one in here.cassette().exchanges]
            assert failures == [None, "RemoteProtocolError: Server disconnected without sending a response."]
            writer.close()

    asyncio.run(play())


def test_a_new_connection_that_gives_no_answer_is_not_tried_again(world: Make) -> None:
    """Nor is one that gave a part of it: the request may have had its effect."""
    sent: list[bytes] = [b"", b"HTTP/1.1 200 O", PLAIN, b"HTTP/1.1 2"]

    async def answer(asked: Asked) -> None:
        piece = sent.pop(0)
        await asked.send(piece)
        if piece is not PLAIN:
            asked.writer.close()

    async def play() -> None:
        async with world(answer) as here:
            reader, writer = await here.connect()
            statuses = []
            for _ in range(4):
                writer.write(POST)
                head = await reader.readuntil(b"\r\n\r\n")
                statuses.append(int(head.split()[1]))
                size = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
                )
                await reader.readexactly(size)
            assert statuses == [502, 502, 200, 502]
            assert len(here.seen) == 4
            failures = [one.failure or "" for one in here.cassette().exchanges]
            assert failures[0] == "RemoteProtocolError: Server disconnected without sending a response."
            assert failures[1].startswith("RemoteProtocolError: the head")
            writer.close()

    asyncio.run(play())
