"""The player: a transport of httpx and httpx2, sync and async, that answers from a recording. It cannot go live."""

import asyncio
import threading
import time
from collections.abc import Callable

import httpx
import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.codec.encodings import plain_request
from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Headers, Request
from nexdiag.replay.matching import Matcher, Miss
from nexdiag.replay.playing import UNMATCHED, Pace, Sleep, Wait, answer, answer_async, explain, refuse

__all__ = ["UNMATCHED", "Player", "explain"]


class Player(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """Plays exchanges; remembers what was played and what missed. It may be used from several threads."""

    def __init__(  # noqa: PLR0913 - every outside thing is an argument
        self,
        exchanges: tuple[Exchange, ...],
        *,
        splitter: Splitter | None = None,
        speed: float | None = None,
        sleep: Sleep = asyncio.sleep,
        wait: Wait = time.sleep,
        clean: Callable[[Request], Request] = lambda request: request,
    ) -> None:
        """Play these exchanges, each once.

        `splitter` is the one that read the cassette: it makes lookups cheap. `speed` 1 plays at the recorded pace,
        10 ten times as fast, None (the default) at once. `clean` does to a request what the recorder did to it:
        a secret in it can only be found as its placeholder.
        """
        self._matcher = Matcher(exchanges)
        self._splitter = splitter or Splitter()
        self._pace = Pace(speed, sleep=sleep, wait=wait)
        self._clean = clean
        self._lock = threading.Lock()
        self.pairs: list[tuple[Request, Exchange]] = []
        """What was asked, and what answered it."""
        self.misses: list[tuple[int | None, Miss]] = []
        """What had no answer, with the turn that asked, where the request told it."""

    def unplayed(self) -> tuple[Exchange, ...]:
        """What no request has asked for."""
        with self._lock:
            return self._matcher.unplayed()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from the recording, or with status 599. Raises the transport error that was recorded."""
        found = self.find(request, request.read())
        return refuse(found, request) if isinstance(found, Miss) else answer(found, request, self._pace)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from the recording, or with status 599. Raises the transport error that was recorded."""
        found = self.find(request, await request.aread())
        return refuse(found, request) if isinstance(found, Miss) else await answer_async(found, request, self._pace)

    def find(self, request: httpx.Request, body: bytes) -> Exchange | Miss:
        """What answers the request, which is then spent; else what is nearest."""
        asked = Request(method=request.method, url=str(request.url), headers=_headers(request), body=Body.of(body))
        return self.take(asked, turn=request.extensions.get("nexdiag.turn"))

    def take(self, asked: Request, *, turn: int | None = None) -> Exchange | Miss:
        """The same for a request in our words, as it was on the wire: its secrets may still be in it."""
        with self._lock:
            asked = self._clean(_split(asked, self._splitter))
            found = self._matcher.take(asked)
            if isinstance(found, Miss):
                self.misses.append((turn, found))
            else:
                self.pairs.append((asked, found))
            return found


def _split(asked: Request, splitter: Splitter) -> Request:
    """The request with its body in parts, and without its content-encoding: as a recorder keeps it."""
    plain = plain_request(asked)
    return msgspec.structs.replace(plain, body=splitter.split(plain.body.join()))


def _headers(request: httpx.Request) -> Headers:
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw)
