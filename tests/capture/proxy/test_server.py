"""Promises of `nexdiag.capture.proxy.server`: the proxy as a whole, with real clients and a real model server."""

import asyncio
import contextlib
import hashlib

import httpx
import pytest
from proxied import PLAIN, Asked, Make, Unkept, proxied, rounds

from nexdiag.capture.proxy.kept import Keeper

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_hundred_clients_at_once_get_their_own_answers(world: Make) -> None:
    """All are under way together, each on a connection of its own; all are kept, with their own requests."""
    clients, times = 100, 1
    together = asyncio.Barrier(clients)

    async def answer(asked: Asked) -> None:
        await together.wait()
        await asked.send(STREAM)
        for piece in (asked.body, b"!"):
            await asked.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            await rounds(1)
        await asked.send(b"0\r\n\r\n")

    async def client(http: httpx.AsyncClient, number: int) -> None:
        for time in range(times):
            reply = await http.post("/v1/chat/completions", content=f"{number}.{time}")
            assert reply.text == f"{number}.{time}!"

    async def play() -> None:
        async with world(answer) as here:
            limits = httpx.Limits(max_connections=clients)
            url = f"http://127.0.0.1:{here.port}"
            async with httpx.AsyncClient(base_url=url, limits=limits, trust_env=False, timeout=60) as http:
                await asyncio.gather(*(client(http, number) for number in range(clients)))
            kept = here.cassette().exchanges
            assert len(kept) == clients * times
            assert all(one.response.body == one.request.body.join() + b"!" for one in kept)
            assert here.connections <= clients

    asyncio.run(play())


@pytest.mark.parametrize(("mebibytes", "recorded"), [(50, False), (2, True)])
def test_fifty_megabytes_pass_both_ways(world: Make, mebibytes: int, recorded: bool) -> None:
    """Whole, in both directions; and what is large is kept whole, too."""
    size = mebibytes * 1024**2
    body = bytes(range(256)) * (size // 256)

    async def answer(asked: Asked) -> None:
        if not asked.body:
            await asked.send(PLAIN)
            return
        assert hashlib.sha256(asked.body).digest() == hashlib.sha256(body).digest()
        await asked.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + asked.body)

    async def play() -> None:
        async with world(answer, keeper=None if recorded else Keeper(lambda request: Unkept())) as here:
            url = f"http://127.0.0.1:{here.port}/v1/files"
            async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
                reply = await http.post(url, content=body)
                assert reply.content == body
                assert (await http.get(url)).text == "hello"
        if not recorded:
            return
        [large, small] = here.cassette().exchanges
        assert large.request.body.join() == large.response.body == body
        assert small.response.body == b"hello"

    asyncio.run(play())


def test_a_proxy_that_ends_keeps_what_is_under_way(world: Make) -> None:
    """A stream that is half through is on disk when `close` returns; its client sees it break."""

    async def answer(asked: Asked) -> None:
        await asked.send(STREAM + b"9\r\ndata: a\n\n\r\n")

    async def play() -> None:
        async with contextlib.AsyncExitStack() as stack:
            here = await stack.enter_async_context(world(answer))
            reader, writer = await here.connect()
            writer.write(b"GET /v1 HTTP/1.1\r\nHost: h\r\n\r\n")
            await reader.readuntil(b"data: a\n\n\r\n")
            await stack.aclose()
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()
            [kept] = here.cassette().exchanges
            assert kept.failure == "Unfinished: the recording ended first"
            assert kept.response.body == b"data: a\n\n"

    asyncio.run(play())


def test_a_port_that_is_taken_is_said(world: Make) -> None:
    """OSError, for whoever starts it to put into words."""

    async def play() -> None:
        async with world() as here:
            with pytest.raises(OSError, match="in use"):
                await here.proxy.start(here.port)

    asyncio.run(play())


def test_two_proxies_in_a_row(world: Make, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What one hands on, the other can read: chunks, lengths, and an end with the connection."""
    answers = [
        PLAIN,
        STREAM + b"5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
    ]

    async def answer(asked: Asked) -> None:
        which = int(asked.head.split()[1][-1:])
        await asked.send(answers[which])
        if which > 1:
            asked.writer.close()

    async def play() -> None:
        path = tmp_path_factory.mktemp("second") / "c"
        async with world(answer) as first, proxied(path, port=first.port) as second:
            for number in range(3):
                ask = b"GET /v1/%d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" % number
                assert b"hello" in await second.ask(ask)
            await second.ask(b"GET /v1/3 HTTP/1.1\r\nHost: h\r\n\r\n")
            assert [one.response.body for one in second.cassette().exchanges] == [b"hello"] * 4
            assert [bool(one.failure) for one in second.cassette().exchanges] == [False, False, False, True]

    asyncio.run(play())
