"""Promises of `nexdiag.capture.proxy.pool`."""

import asyncio
import socket

import pytest
from proxied import PLAIN, Asked, Make, rounds

from nexdiag.capture.proxy import pool

GET = b"GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n"


def test_a_connection_is_used_again(world: Make) -> None:
    """By whichever client comes next: one is enough for requests that come one after the other."""

    async def play() -> None:
        async with world() as here:
            for _ in range(5):
                reader, writer = await here.connect()
                writer.write(GET)
                assert await reader.readexactly(len(PLAIN)) == PLAIN
                writer.close()
            assert here.connections == 1

    asyncio.run(play())


def test_a_connection_that_the_upstream_closed_is_not_used(world: Make) -> None:
    """It is seen to be closed, and a new one is made."""

    async def answer(asked: Asked) -> None:
        await asked.send(PLAIN)
        asked.writer.close()

    async def play() -> None:
        async with world(answer) as here:
            for number in range(3):
                reader, writer = await here.connect()
                writer.write(GET)
                assert await reader.readexactly(len(PLAIN)) == PLAIN
                await rounds(5)
                assert here.connections == number + 1
                writer.close()

    asyncio.run(play())


@pytest.mark.parametrize("closed", [True, False])
def test_a_close_that_nobody_has_noticed_yet_is_looked_for(world: Make, closed: bool) -> None:
    """It stands in the socket, and the loop has not come to it: a POST that was sent there would be lost."""

    async def play() -> None:
        async with world() as here:
            reader, writer = await here.connect()
            writer.write(GET)
            assert await reader.readexactly(len(PLAIN)) == PLAIN
            [idle] = here.side.pool._idle
            if closed:
                here.seen[0].writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
            assert idle.open
            assert (here.side.pool.take() is None) is closed
            idle.abandon()
            writer.close()

    asyncio.run(play())


def test_not_all_idle_connections_are_kept(world: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a crowd, what is beyond the limit is closed."""
    monkeypatch.setattr(pool, "_IDLE", 2)
    together = asyncio.Barrier(5)

    async def answer(asked: Asked) -> None:
        await together.wait()
        await asked.send(PLAIN)

    async def play() -> None:
        async with world(answer) as here:
            crowd = [await here.connect() for _ in range(5)]
            for _, writer in crowd:
                writer.write(GET)
            for reader, writer in crowd:
                assert await reader.readexactly(len(PLAIN)) == PLAIN
                writer.close()
            assert here.connections == 5
            await here.gone.wait()
            assert len(here.side.pool._idle) == 2

    asyncio.run(play())


def test_an_upstream_that_does_not_answer_the_door_is_a_504(world: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only clock of the proxy."""
    monkeypatch.setattr(pool, "_PATIENCE", 0.0)

    async def play() -> None:
        async with world() as here:
            reply = await here.ask(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            assert reply.startswith(b"HTTP/1.1 504 ")
            assert here.cassette().exchanges[0].failure == "ConnectTimeout"

    asyncio.run(play())
