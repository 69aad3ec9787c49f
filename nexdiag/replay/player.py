"""The player: an httpx transport that answers from a recording. It has no way to go live."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx

from nexdiag.codec.body import Splitter
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.replay.matching import Matcher, Miss

Sleep = Callable[[float], Awaitable[None]]
UNMATCHED = 599
"""The status of the answer to a request that has no recording."""


class Player(httpx.AsyncBaseTransport):
    """Plays exchanges; remembers what was played and what missed."""

    def __init__(
        self,
        exchanges: tuple[Exchange, ...],
        *,
        splitter: Splitter | None = None,
        speed: float | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`splitter` is the one that read the cassette: it makes lookups cheap. `speed` 1 plays at the
        recorded pace, 10 ten times as fast, None (the default) at once.
        """  # noqa: D205 - one paragraph
        self._matcher = Matcher(exchanges)
        self._splitter = splitter or Splitter()
        self._speed = speed
        self._sleep = sleep
        self.pairs: list[tuple[Request, Exchange]] = []
        self.misses: list[tuple[int | None, Miss]] = []

    def unplayed(self) -> tuple[Exchange, ...]:
        """What no request has asked for."""
        return tuple(self._matcher.unplayed())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from the recording, or with status 599."""
        raw = await request.aread()
        asked = Request(method=request.method, url=str(request.url), body=self._splitter.split(raw))
        found = self._matcher.take(asked)
        if isinstance(found, Miss):
            self.misses.append((request.extensions.get("nexdiag.turn"), found))
            return httpx.Response(UNMATCHED, json=explain(found))
        self.pairs.append((asked, found))
        if found.response is None:
            raise _broken(found.failure, request)
        stream = _Recorded(found, found.response, request, self._pause)
        return httpx.Response(found.response.status, headers=list(found.response.headers), stream=stream)

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
        at = 0.0
        for chunk in self._response.chunks:
            await self._pause(chunk.at - at)
            at = chunk.at
            yield chunk.bytes
        failure = self._exchange.failure
        if failure is not None and not failure.startswith("ClientClosed"):
            raise _broken(failure, self._request)


def explain(miss: Miss) -> dict[str, dict[str, str]]:
    """The body of a 599: what was asked, what is nearest, and what to do."""
    nearest = miss.nearest
    if nearest is None:
        what = "every recorded exchange has been played, and this request came on top"
    elif miss.used:
        what = f"exchange {nearest.id} (turn {nearest.turn}) answers this request, and it has already been played"
    else:
        what = f"no recording of this request; exchange {nearest.id} (turn {nearest.turn}) shares its first {miss.shared} messages"
    said = {"type": "nexdiag_unmatched", "message": f"{miss.request.method} {miss.request.path}: {what}"}
    return {"error": said | {"hint": "see the differences with: nexdiag replay CASSETTE; or record again"}}


def _broken(failure: str | None, request: httpx.Request) -> httpx.TransportError:
    """The transport error that the recording names, raised again."""
    name, _, text = (failure or "").partition(": ")
    kind = getattr(httpx, name, httpx.TransportError)
    if not (isinstance(kind, type) and issubclass(kind, httpx.TransportError)):
        kind = httpx.TransportError
    return kind(text or name, request=request)
