"""The transport that tells a recorder what passes, for httpx and httpx2, sync and async: chunks go on as they come.

The turn, the attempt and the session come from the request's extensions (`nexdiag.turn`, ...), so that nothing of
ours goes out on the wire. httpx2 is never imported here: a request tells which of the two it is of.

Law: an answer is never held back. (A request's body is read whole before it is sent: the recording begins with it.)
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any, Protocol, TypeVar

import httpx

from nexdiag.capture.recorder import CLIENT_CLOSED
from nexdiag.core.body import Body
from nexdiag.core.exchange import Headers, Request

_ReplyT = TypeVar("_ReplyT")


class Passage(Protocol):
    """One round trip under way, such as `recorder.Passing`."""

    def head(self, status: int, headers: Headers) -> None:
        """The response head came."""

    def chunk(self, piece: bytes) -> None:
        """A piece of the body came."""

    def end(self, failure: str | None = None) -> None:
        """The round trip is over."""


class Beginning(Protocol):
    """Who is told that a request goes out: a `Recorder`, or one who groups what he hands on to it."""

    def begin(self, request: Request, *, turn: Any, attempt: Any, session: str) -> Passage:  # noqa: ANN401 - extensions hold anything
        """A request goes out."""


class RecordingTransport(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """Records what passes through another transport: of httpx or httpx2, sync or async, as its client is."""

    def __init__(self, inner: Any, recorder: Beginning) -> None:  # noqa: ANN401 - httpx2's transports have no base in common with httpx's
        """`inner` does the work."""
        self._inner = inner
        self._recorder = recorder

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on, and the response back as it comes."""
        response: httpx.Response = passed(request, self._inner.handle_request, self._recorder)
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on, and the response back as it comes."""
        response: httpx.Response = await passed_async(request, self._inner.handle_async_request, self._recorder)
        return response

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


def passed(request: httpx.Request, send: Callable[[Any], _ReplyT], recorder: Beginning) -> _ReplyT:
    """Send a request on, recorded; the response as it comes."""
    passage = _begun(request, request.read(), recorder)
    try:
        response = send(request)
    except BaseException as error:
        passage.end(_named(error))
        raise
    return _told(response, passage)


async def passed_async(
    request: httpx.Request, send: Callable[[Any], Awaitable[_ReplyT]], recorder: Beginning
) -> _ReplyT:
    """Send a request on, recorded; the response as it comes."""
    passage = _begun(request, await request.aread(), recorder)
    try:
        response = await send(request)
    except BaseException as error:
        passage.end(_named(error))
        raise
    return _told(response, passage)


def as_sent(request: httpx.Request, body: bytes) -> Request:
    """The request in our words; its secrets are still in it."""
    return Request(method=request.method, url=str(request.url), headers=_headers(request.headers), body=Body.of(body))


def _begun(request: httpx.Request, body: bytes, recorder: Beginning) -> Passage:
    turn, attempt, session = (request.extensions.get(f"nexdiag.{name}") for name in ("turn", "attempt", "session"))
    session = session if isinstance(session, str) else ""
    return recorder.begin(as_sent(request, body), turn=turn, attempt=attempt, session=session)


def _told(response: _ReplyT, passage: Passage) -> _ReplyT:
    """The response, with a stream that tells. It is made anew: one that was made whole would never be streamed."""
    came: Any = response
    passage.head(came.status_code, _headers(came.headers))
    library = _library(response)
    sync, both = isinstance(came.stream, library.SyncByteStream), isinstance(came.stream, library.AsyncByteStream)
    tee = _kind(library, (_Both if both else _Tee) if sync else _AsyncTee)(came.stream, passage)
    told: _ReplyT = library.Response(came.status_code, headers=came.headers, stream=tee, extensions=came.extensions)
    return told


class _Tee:
    """Hands each piece to the client as it comes, and keeps it."""

    def __init__(self, inner: Any, passage: Passage) -> None:  # noqa: ANN401 - a stream of either library
        self._inner = inner
        self._passage = passage

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._inner:
                self._passage.chunk(piece)
                yield piece
        except GeneratorExit:  # the client stopped reading: `close` says so
            raise
        except BaseException as error:
            self._passage.end(_named(error))
            raise
        self._passage.end()

    def close(self) -> None:
        """The client is done with it, at its end or before."""
        try:
            self._inner.close()
        finally:
            self._passage.end(CLIENT_CLOSED)


class _AsyncTee:
    """Hands each piece to the client as it comes, and keeps it."""

    def __init__(self, inner: Any, passage: Passage) -> None:  # noqa: ANN401 - a stream of either library
        self._inner = inner
        self._passage = passage

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._inner:
                self._passage.chunk(piece)
                yield piece
        except GeneratorExit:  # the client stopped reading: `aclose` says so
            raise
        except BaseException as error:
            self._passage.end(_named(error))
            raise
        self._passage.end()

    async def aclose(self) -> None:
        """The client is done with it, at its end or before."""
        try:
            await self._inner.aclose()
        finally:
            self._passage.end(CLIENT_CLOSED)


class _Both(_Tee, _AsyncTee):
    """For an answer that was made whole, as test doubles do: its client decides how it is read."""


@cache
def _kind(library: ModuleType, tee: type) -> Any:  # noqa: ANN401 - a class that is made here
    """The stream as the library's client wants it: it asks for a class of its own."""
    bases = ((library.SyncByteStream, _Tee), (library.AsyncByteStream, _AsyncTee))
    return type(tee.__name__, (tee, *(base for base, ours in bases if issubclass(tee, ours))), {})


def _library(response: object) -> ModuleType:
    """The library that a response is of, httpx or httpx2, also where its class is derived from the library's."""
    *_, kind = (kind for kind in type(response).__mro__ if kind.__name__ == "Response")
    return sys.modules[kind.__module__.partition(".")[0]]


def _headers(headers: httpx.Headers) -> Headers:
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers.raw)


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
