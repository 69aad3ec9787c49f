"""The player: an httpx transport that answers from a recording. It has no way to go live."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx

from nexdiag.codec.body import Splitter
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.replay.matching import Matcher, Miss

Sleep = Callable[[float], Awaitable[None]]
UNMATCHED = 599
"""The status of the answer to a request that has no recording."""
_CLIENTS = ("ClientClosed", "CancelledError")
"""Failures that were the client's own doing: the server did not break off, so the player does not either."""


class Player(httpx.AsyncBaseTransport):
    """Plays exchanges; remembers what was played and what missed."""

    def __init__(
        self,
        exchanges: tuple[Exchange, ...],
        *,
        splitter: Splitter | None = None,
        speed: float | None = None,
        sleep: Sleep = asyncio.sleep,
        clean: Callable[[Request], Request] = lambda request: request,
    ) -> None:
        """Play these exchanges, each once.

        `splitter` is the one that read the cassette: it makes lookups cheap. `speed` 1 plays at the recorded pace,
        10 ten times as fast, None (the default) at once. `clean` does to a request what the recorder did to it:
        a secret in it can only be found as its placeholder.
        """
        self._matcher = Matcher(exchanges)
        self._splitter = splitter or Splitter()
        self._speed = speed
        self._sleep = sleep
        self._clean = clean
        self.pairs: list[tuple[Request, Exchange]] = []
        """What was asked, and what answered it."""
        self.misses: list[tuple[int | None, Miss]] = []
        """What had no answer, with the turn that asked, where the request told it."""

    def unplayed(self) -> tuple[Exchange, ...]:
        """What no request has asked for."""
        return self._matcher.unplayed()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from the recording, or with status 599. Raises the transport error that was recorded."""
        raw = await request.aread()
        asked = self._clean(Request(method=request.method, url=str(request.url), body=self._splitter.split(raw)))
        found = self._matcher.take(asked)
        if isinstance(found, Miss):
            self.misses.append((request.extensions.get("nexdiag.turn"), found))
            return httpx.Response(UNMATCHED, json=explain(found))
        self.pairs.append((asked, found))
        if found.response is None:
            await self._pause(found.duration)
            raise _broken(found.failure, request)
        await self._pause(found.response.first_byte)
        headers = [(_wire(name), _wire(value)) for name, value in found.response.headers]
        stream = _Recorded(found, found.response, request, self._pause)
        return httpx.Response(found.response.status, headers=headers, stream=stream)

    async def _pause(self, seconds: float) -> None:
        if self._speed and seconds > 0:
            await self._sleep(seconds / self._speed)


class _Recorded(httpx.AsyncByteStream):
    """The recorded chunks, one for one; the recorded failure, if there was one."""

    def __init__(self, exchange: Exchange, response: Response, request: httpx.Request, pause: Sleep) -> None:
        self._exchange = exchange
        self._response = response
        self._request = request
        self._pause = pause

    async def __aiter__(self) -> AsyncIterator[bytes]:
        at = self._response.first_byte
        for chunk in self._response.chunks:
            await self._pause(chunk.at - at)
            at = chunk.at
            yield chunk.bytes
        failure = self._exchange.failure
        if failure is not None and not failure.startswith(_CLIENTS):
            await self._pause(self._exchange.duration - at)
            raise _broken(failure, self._request)


def explain(miss: Miss) -> dict[str, dict[str, Any]]:
    """The body of a 599: what was asked, what is nearest, and what to do."""
    nearest = miss.nearest
    if nearest is None:
        what = "every recorded exchange has been played, and this request came on top"
    else:
        which = f"exchange {nearest.id}" + (f" (turn {nearest.turn})" if nearest.turn is not None else "")
        if miss.used:
            what = f"{which} answers this request, and it has already been played"
        else:
            what = f"no recording of this request; {which} is nearest and shares its first {miss.shared} messages"
    error = {
        "type": "nexdiag_unmatched",
        "message": f"{miss.request.method} {miss.request.path}: {what}",
        "nearest": None if nearest is None else nearest.id,
        "shared": miss.shared,
        "hint": "see the differences with: nexdiag replay CASSETTE; or record again",
    }
    return {"error": error}


def _broken(failure: str | None, request: httpx.Request) -> httpx.TransportError:
    """The transport error that the recording names, raised again."""
    name, _, text = (failure or "no response was recorded").partition(": ")
    kind = getattr(httpx, name, None)
    if isinstance(kind, type) and issubclass(kind, httpx.TransportError):
        return kind(text or name, request=request)
    return httpx.TransportError(failure or name, request=request)


def _wire(text: str) -> bytes:
    return text.encode("latin-1", "replace")
