"""A proxy between raw sockets: what stands on either wire is in the hands of the test. Nothing in it sleeps."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from nexdiag.capture.proxy.kept import Keeper
from nexdiag.capture.proxy.passage import Side
from nexdiag.capture.proxy.server import Proxy
from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.writer import Writer
from nexdiag.codec.cassette import decode
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Headers

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


class Asked:
    """A request as the upstream got it, and the wire to answer on."""

    def __init__(
        self, head: bytes, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
    ) -> None:
        self.head = head
        self.body = body
        self.reader = reader
        self.writer = writer
        self.connection = connection
        """Which connection it came on, from 0."""

    async def send(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    def reset(self) -> None:
        """Close the connection without a word."""
        self.writer.transport.abort()


Answer = Callable[[Asked], Awaitable[None]]


async def plain(asked: Asked) -> None:
    """`hello`."""
    await asked.send(PLAIN)


class Unkept:
    """A recorder's passing that keeps nothing."""

    def head(self, status: int, headers: Headers) -> None:
        pass

    def chunk(self, piece: bytes) -> None:
        pass

    def end(self, failure: str | None = None) -> None:
        pass


class World:
    """A proxy, its upstream, and what came to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: list[Asked] = []
        self.connections = 0
        self.gone = asyncio.Event()
        """A connection to the upstream was closed by the proxy."""
        self.told: list[str] = []
        self.port = 0
        self.upstream_port = 0
        self.side: Side
        self.proxy: Proxy
        self.recorder: Recorder | None = None

    def cassette(self) -> Cassette:
        return decode(self.path.read_bytes())

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, *pieces: bytes) -> bytes:
        """All that comes back, until the proxy closes. Between pieces the loop gets to deliver what was sent."""
        reader, writer = await self.connect()
        for piece in pieces:
            with contextlib.suppress(ConnectionError):
                writer.write(piece)
                await writer.drain()
            await rounds()
        try:
            return await reader.read()
        finally:
            writer.close()


async def rounds(count: int = 3) -> None:
    """Let the loop look at its sockets."""
    for _ in range(count):
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def proxied(
    path: Path, answer: Answer = plain, *, base: str = "/v1", keeper: Keeper | None = None, port: int | None = None
) -> AsyncIterator[World]:
    world = World(path)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, world.connections = world.connections, world.connections + 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.lower().split(b"\r\n")
                size = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
                asked = Asked(head, await reader.readexactly(size), reader, writer, number)
                world.seen.append(asked)
                await answer(asked)
        world.gone.set()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    world.upstream_port = port or server.sockets[0].getsockname()[1]
    if keeper is None:
        recorder = world.recorder = Recorder(Writer(path, Header()), Redactor())
        keeper = Keeper(recorder.begin, trouble=lambda: recorder.trouble, told=world.told.append)
    proxy = Proxy(Upstream.of(f"http://127.0.0.1:{world.upstream_port}{base}"), keeper)
    world.side, world.proxy = proxy._side, proxy
    world.port = int((await proxy.start()).rpartition(":")[2])
    try:
        yield world
    finally:
        await proxy.close()
        if world.recorder is not None:
            world.recorder.close()
        server.close()
        await server.wait_closed()
        await rounds()


Make = Callable[..., contextlib.AbstractAsyncContextManager[World]]
