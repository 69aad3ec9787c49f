"""httpx transports that tell a recorder what passes: chunks go on to the client as they come.

The turn and the attempt come from the request's extensions (`nexdiag.turn`, `nexdiag.attempt`), so that nothing
of ours goes out on the wire.
"""

from collections.abc import AsyncIterator
from typing import Any

import httpx

from nexdiag.capture.recorder import CLIENT_CLOSED, Passing, Recorder
from nexdiag.core.body import Body
from nexdiag.core.exchange import Headers, Request


class RecordingTransport(httpx.AsyncBaseTransport):
    """Records what passes through another transport."""

    def __init__(self, inner: httpx.AsyncBaseTransport, recorder: Recorder) -> None:
        """`inner` does the work."""
        self._inner = inner
        self._recorder = recorder

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on, and the response back as it comes."""
        sent = await _as_sent(request)
        turn, attempt = (request.extensions.get(f"nexdiag.{name}") for name in ("turn", "attempt"))
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
            self._passing.end(CLIENT_CLOSED)


async def _as_sent(request: httpx.Request) -> Request:
    """The request as bytes; its secrets are still in it."""
    body = await request.aread()
    return Request(
        method=request.method,
        url=str(request.url),
        headers=_headers(request.headers),
        body=Body.of(body),
    )


def _headers(headers: httpx.Headers) -> Headers:
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers.raw)


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
