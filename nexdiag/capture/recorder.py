"""The recorder: an httpx transport around another. It passes chunks on as they come, and keeps each exchange.

The turn and the attempt come from the request's extensions (`nexdiag.turn`, `nexdiag.attempt`), so that nothing
of ours goes out on the wire.
"""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec

from nexdiag.capture.redact import Redactor
from nexdiag.capture.writer import Writer
from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.exchange import Chunk, Exchange, Headers, Request, Response
from nexdiag.core.turn import LogLine, ToolRun, Turn

Clock = Callable[[], float]


class Recorder:
    """Takes exchanges, turns, tool runs and log lines; redacts them; hands them to the writer."""

    def __init__(
        self, writer: Writer, redactor: Redactor, *, clock: Clock = time.time, ticks: Clock = time.perf_counter
    ) -> None:
        """`clock` gives Unix time; `ticks` gives seconds that never jump, for durations."""
        self.writer = writer
        self.redactor = redactor
        self.clock = clock
        self.ticks = ticks
        self._splitter = Splitter()
        self._sent = 0

    def begin(self, request: Request, *, turn: int | None, attempt: int) -> "Passing":
        """A request goes out."""
        number = self._sent
        self._sent += 1
        return Passing(self, Exchange(id=number, started=self.clock(), request=request, turn=turn, attempt=attempt))

    def keep(self, exchange: Exchange) -> None:
        """A round trip has ended: write it without its secrets."""
        request, response = exchange.request, exchange.response
        body = self._splitter.split(self.redactor.wire(request.body.join()))
        clean = msgspec.structs.replace(
            request, url=self.redactor.text(request.url), headers=self.redactor.headers(request.headers), body=body
        )
        if response is not None:
            headers, chunks = self.redactor.headers(response.headers), self.redactor.chunks(response.chunks)
            response = msgspec.structs.replace(response, headers=headers, chunks=chunks)
        failure = exchange.failure and self.redactor.text(exchange.failure)
        self.writer.exchange(msgspec.structs.replace(exchange, request=clean, response=response, failure=failure))

    def turn_started(self, turn: Turn) -> None:
        """A turn begins."""
        self.writer.turn_started(msgspec.structs.replace(turn, said=self.redactor.text(turn.said)))

    def turn_ended(self, turn: Turn) -> None:
        """A turn has ended."""
        reply, error = (text and self.redactor.text(text) for text in (turn.reply, turn.error))
        self.writer.turn_ended(msgspec.structs.replace(turn, reply=reply, error=error))

    def tool_run(self, run: ToolRun) -> None:
        """A tool has run."""
        arguments, output = self.redactor.text(run.arguments), self.redactor.text(run.output)
        self.writer.tool_run(msgspec.structs.replace(run, arguments=arguments, output=output))

    def log_line(self, line: LogLine) -> None:
        """A daemon has logged."""
        self.writer.log_line(msgspec.structs.replace(line, text=self.redactor.text(line.text)))


class Passing:
    """One round trip under way. It is kept once, when it ends, however it ends."""

    def __init__(self, recorder: Recorder, exchange: Exchange) -> None:
        """The request has just been sent."""
        self._recorder = recorder
        self._exchange = exchange
        self._began = recorder.ticks()
        self._head: tuple[int, Headers, float] | None = None
        self._chunks: list[Chunk] = []
        self._ended = False

    def head(self, status: int, headers: Headers) -> None:
        """The response head came."""
        self._head = (status, headers, self._recorder.ticks() - self._began)

    def chunk(self, piece: bytes) -> None:
        """A piece of the body came."""
        self._chunks.append(Chunk(at=self._recorder.ticks() - self._began, bytes=piece))

    def end(self, failure: str | None = None) -> None:
        """The round trip is over; `failure` says why it broke off, if it did."""
        if self._ended:
            return
        self._ended = True
        response = None
        if self._head is not None:
            status, headers, first = self._head
            response = Response(status=status, headers=headers, chunks=tuple(self._chunks), first_byte=first)
        took = self._recorder.ticks() - self._began
        whole = msgspec.structs.replace(self._exchange, response=response, failure=failure, duration=took)
        self._recorder.keep(whole)


class RecordingTransport(httpx.AsyncBaseTransport):
    """Records what passes through another transport."""

    def __init__(self, inner: httpx.AsyncBaseTransport, recorder: Recorder) -> None:
        """`inner` does the work."""
        self._inner = inner
        self._recorder = recorder

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on, and the response back as it comes."""
        extensions = request.extensions
        sent = await _as_sent(request)
        turn, attempt = extensions.get("nexdiag.turn"), extensions.get("nexdiag.attempt", 1)
        passing = self._recorder.begin(sent, turn=turn, attempt=attempt)
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException as error:
            passing.end(_named(error))
            raise
        passing.head(response.status_code, _headers(response.headers))
        stream: Any = response.stream
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_Tee(stream, passing),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


class _Tee(httpx.AsyncByteStream):
    """Hands each piece to the client as it comes, and keeps it."""

    def __init__(self, inner: httpx.AsyncByteStream, passing: Passing) -> None:
        self._inner = inner
        self._passing = passing

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._inner:
                self._passing.chunk(piece)
                yield piece
        except GeneratorExit:  # the client stopped reading: `aclose` says so
            raise
        except BaseException as error:
            self._passing.end(_named(error))
            raise
        self._passing.end()

    async def aclose(self) -> None:
        """The client is done with it, at its end or before."""
        try:
            await self._inner.aclose()
        finally:
            self._passing.end("ClientClosed: the client stopped reading before the end")


async def _as_sent(request: httpx.Request) -> Request:
    """The request as bytes; its secrets are still in it."""
    body = await request.aread()
    return Request(
        method=request.method,
        url=str(request.url.copy_with(username=None, password=None)),
        headers=_headers(request.headers),
        body=Body.of(body),
    )


def _headers(headers: httpx.Headers) -> Headers:
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers.raw)


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
