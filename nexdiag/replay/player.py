"""The player: a transport of httpx and httpx2, sync and async, that answers from a recording. It cannot go live."""

import asyncio
import time

import httpx

from nexdiag.core.body import Body
from nexdiag.core.exchange import Headers, Request
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.matcher import Miss
from nexdiag.replay.playback import Playback
from nexdiag.replay.playing import UNMATCHED, Explain, Pace, Sleep, Wait, answer, answer_async, bare, refuse

__all__ = ["UNMATCHED", "Player"]


class Player(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """Plays a recording to clients in this process. It may be used from several threads."""

    def __init__(
        self,
        answers: Answers,
        *,
        speed: float | None = None,
        sleep: Sleep = asyncio.sleep,
        wait: Wait = time.sleep,
        told: Explain = bare,
    ) -> None:
        """Play what `answers` gives.

        `speed` 1 plays at the recorded pace, 10 ten times as fast, None (the default) at once. `told` makes the
        body of the 599 for a request without a recording; left to itself it tells no more than that there is none.
        """
        self.answers = answers
        self._pace = Pace(speed, sleep=sleep, wait=wait)
        self._told = told

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from the recording, or with status 599. Raises the transport error that was recorded."""
        found = self.find(request, request.read())
        return refuse(found, request, self._told) if isinstance(found, Miss) else answer(found, request, self._pace)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from the recording, or with status 599. Raises the transport error that was recorded."""
        found = self.find(request, await request.aread())
        if isinstance(found, Miss):
            return refuse(found, request, self._told)
        return await answer_async(found, request, self._pace)

    def find(self, request: httpx.Request, body: bytes) -> Playback | Miss:
        """What answers the request, which is then spent; else what is nearest."""
        asked = Request(method=request.method, url=str(request.url), headers=_headers(request), body=Body.of(body))
        return self.answers.take(asked, turn=request.extensions.get("nexdiag.turn"))


def _headers(request: httpx.Request) -> Headers:
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw)
