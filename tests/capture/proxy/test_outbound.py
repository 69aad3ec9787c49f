"""Promises of `nexdiag.capture.proxy.outbound`: what an upstream may answer, on raw sockets."""

import asyncio

import pytest
from proxied import PLAIN, Asked, Make, rounds

GET = b"GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = b"GET /v1/models HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"9;x=y\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n0\r\nX-Trailer: 1\r\n\r\n"
)
SHUT = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"


@pytest.mark.parametrize("whole", [PLAIN, STREAM, SHUT], ids=["length", "chunked", "close"])
def test_an_answer_may_be_cut_anywhere(world: Make, whole: bytes) -> None:
    """At whatever byte it is cut, the client gets the same body, and the same is kept."""
    cuts = iter(range(1, len(whole)))
    body = {PLAIN: b"hello", SHUT: b"hello"}.get(whole, b"data: a\n\ndata: b\n\n")

    async def answer(asked: Asked) -> None:
        cut = next(cuts)
        await asked.send(whole[:cut])
        await rounds()
        await asked.send(whole[cut:])
        if whole is SHUT:
            asked.writer.close()

    async def play() -> None:
        async with world(answer) as here:
            for cut in range(1, len(whole)):
                reply = await here.ask(LAST)
                head, _, rest = reply.partition(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 OK\r\n"), (cut, reply)
                assert (_unchunked(rest) if b"chunked" in head else rest) == body, cut
                assert b"X-Trailer" not in reply
            kept = here.cassette().exchanges
            assert {one.response.body for one in kept} == {body}
            assert {one.failure for one in kept} == {None}
            assert here.connections == (len(whole) - 1 if whole is SHUT else 1)

    asyncio.run(play())


def test_what_passes_in_one_piece_is_kept_in_the_pieces_of_the_wire(world: Make) -> None:
    """Two chunks that came at once are two chunks: a replay sends them as such."""

    async def play() -> None:
        async with world(lambda asked: asked.send(STREAM)) as here:
            reply = await here.ask(LAST)
            assert reply.endswith(b"9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n0\r\n\r\n")
            [kept] = here.cassette().exchanges
            assert [chunk.bytes for chunk in kept.response.chunks] == [b"data: a\n\n", b"data: b\n\n"]

    asyncio.run(play())


@pytest.mark.parametrize(
    "whole",
    [
        b"NONSENSE\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc",
        b"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
        b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/2.0 200 OK\r\nX: " + b"a" * 300_000,
        b"\x16\x03\x01",
    ],
)
def test_what_is_no_answer_is_a_502_that_says_so(world: Make, whole: bytes) -> None:
    """Nothing of it reaches the client; what is kept is what httpx would raise; the connection goes on."""

    async def answer(asked: Asked) -> None:
        await asked.send(whole if len(here_seen) < 1 else PLAIN)
        here_seen.append(asked)

    here_seen: list[Asked] = []

    async def play() -> None:
        async with world(answer) as here:
            reply = await here.ask(GET + LAST)
            assert reply.startswith(b"HTTP/1.1 502 Bad Gateway\r\n"), reply
            assert b"RemoteProtocolError" in reply
            assert reply.endswith(b"hello")
            bad, good = here.cassette().exchanges
            assert (bad.failure or "").startswith("RemoteProtocolError: ")
            assert bad.response is None
            assert good.failure is None

    asyncio.run(play())


def test_interim_answers_are_not_the_answer(world: Make) -> None:
    """100 and 103 are left away; what follows them is passed on."""

    async def answer(asked: Asked) -> None:
        await asked.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN)

    async def play() -> None:
        async with world(answer) as here:
            assert await here.ask(GET + LAST) == PLAIN + PLAIN.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
            assert here.connections == 1
            assert {one.response.status for one in here.cassette().exchanges} == {200}

    asyncio.run(play())


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_ends_with_its_head(world: Make, status: int) -> None:
    """Whatever its fields say of a length."""

    async def answer(asked: Asked) -> None:
        await asked.send(b"HTTP/1.1 %d Fine\r\nContent-Length: 5\r\n\r\n" % status if not asked.connection else PLAIN)

    async def play() -> None:
        async with world(answer) as here:
            reply = await here.ask(LAST)
            assert reply == b"HTTP/1.1 %d Fine\r\nContent-Length: 5\r\nconnection: close\r\n\r\n" % status

    asyncio.run(play())


@pytest.mark.parametrize(
    "whole",
    [
        PLAIN + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
        PLAIN + b"garbage",
        PLAIN.replace(b"Content-Length", b"Connection: close\r\nContent-Length") + b"more",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    ],
)
def test_what_follows_an_answer_is_nobodys(world: Make, whole: bytes) -> None:
    """An answer that nobody asked for never answers the next request: that connection is not used again."""

    async def answer(asked: Asked) -> None:
        await asked.send(whole if not asked.connection else PLAIN)

    async def play() -> None:
        async with world(answer) as here:
            reply = await here.ask(GET + LAST)
            assert reply.count(b"hello") == 2
            assert b"forged" not in reply
            assert here.connections == 2
            assert {one.response.body for one in here.cassette().exchanges} == {b"hello"}

    asyncio.run(play())


def test_what_comes_while_nobody_asks_closes_the_connection(world: Make) -> None:
    """A server that says 408 before it closes an idle connection answers nobody with it."""

    async def play() -> None:
        async with world() as here:
            reader, writer = await here.connect()
            writer.write(GET)
            assert await reader.readexactly(len(PLAIN)) == PLAIN
            await here.seen[0].send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
            await here.gone.wait()
            writer.write(GET)
            assert await reader.readexactly(len(PLAIN)) == PLAIN
            assert here.connections == 2
            writer.close()

    asyncio.run(play())


def test_a_large_request_goes_on_whole(world: Make) -> None:
    """In slices, as the upstream takes them."""
    body = bytes(range(256)) * 32_000

    async def play() -> None:
        async with world() as here:
            reply = await here.ask(
                b"POST /v1 HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body) + body + LAST
            )
            assert reply.count(b"hello") == 2
            assert here.seen[0].body == body
            assert here.connections == 1

    asyncio.run(play())


def _unchunked(rest: bytes) -> bytes:
    body = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        if not int(size, 16):
            assert rest == b"\r\n"
            return body
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
