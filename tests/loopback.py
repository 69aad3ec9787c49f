"""A real HTTP/1.1 server on this machine for tests, that answers as a script says; nothing in it sleeps."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Request-Id: r\xe91\r\nTransfer-Encoding: chunked\r\n\r\n"
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the server got it."""

    head: bytes
    body: bytes
    writer: asyncio.StreamWriter

    async def send(self, raw: bytes) -> None:
        """Put bytes on the wire."""
        self.writer.write(raw)
        await self.writer.drain()

    async def chunk(self, piece: bytes) -> None:
        """One chunk of a chunked body; an empty one ends it."""
        await self.send(b"%x\r\n%s\r\n" % (len(piece), piece))

    async def answer(self, body: bytes, *, status: int = 200, headers: bytes = b"") -> None:
        """A whole answer."""
        head = b"HTTP/1.1 %d Fine\r\nContent-Length: %d\r\n%s\r\n" % (status, len(body), headers)
        await self.send(head + body)


Answer = Callable[[Asked], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    """Serve until the block ends; the value is the address. One request a connection."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
            )
            await answer(Asked(head=head, body=await reader.readexactly(size), writer=writer))
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
