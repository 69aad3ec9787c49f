"""A recorded exchange as the answer that a client of httpx or httpx2, sync or async, gets: as it came, or as it broke.

httpx2 is never imported here: a request tells which of the two libraries it is of.
"""

import asyncio
import math
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any

import httpx
import msgspec

from nexdiag.replay.matching.matcher import Miss
from nexdiag.replay.playback import STALLED, Playback

Sleep = Callable[[float], Awaitable[None]]
Wait = Callable[[float], None]
Explain = Callable[[Miss], Mapping[str, Any]]
"""What the body of a 599 says."""
UNMATCHED = 599
"""The status of the answer to a request that has no recording."""


class Pace:
    """How fast a recording is played."""

    def __init__(self, speed: float | None = None, *, sleep: Sleep = asyncio.sleep, wait: Wait = time.sleep) -> None:
        """1 plays at the recorded pace, 10 ten times as fast, None at once."""
        self._speed = speed
        self._sleep = sleep
        self._wait = wait

    def wait(self, seconds: float, held: float = 0.0, *, patience: float = math.inf) -> bool:
        """Let the recorded time pass, in a thread; and `held`, whatever the speed. Whether `patience` was enough."""
        seconds = self._seconds(seconds, held)
        if seconds > 0:
            self._wait(min(seconds, patience))
        return seconds <= patience

    async def sleep(self, seconds: float, held: float = 0.0, *, patience: float = math.inf) -> bool:
        """The same in a task."""
        seconds = self._seconds(seconds, held)
        if seconds > 0:
            await self._sleep(min(seconds, patience))
        return seconds <= patience

    def stall(self, patience: float) -> None:
        """Let a client wait for nothing, in a thread, for as long as it will."""
        if patience != math.inf:
            self._wait(patience)

    async def hang(self, patience: float) -> None:
        """The same in a task; without an end, until that is cancelled."""
        if patience != math.inf:
            await self._sleep(patience)
        else:
            await asyncio.get_running_loop().create_future()

    def _seconds(self, seconds: float, held: float) -> float:
        return held + (seconds / self._speed if self._speed else 0.0)


def answer(found: Playback, request: httpx.Request, pace: Pace) -> httpx.Response:
    """The answer. Raises the transport error that stands for it, or for a client that waits no longer."""
    patience = _patience(request)
    if not pace.wait(found.after, found.held, patience=patience):
        raise _impatient(request, patience)
    if found.status is None:
        if found.failure == STALLED:
            pace.stall(patience)
            raise _impatient(request, patience)
        raise _broken(found.failure, request)
    return _made(found, found.status, request, pace)


async def answer_async(found: Playback, request: httpx.Request, pace: Pace) -> httpx.Response:
    """The same in a task: a client without patience is waited for until it is cancelled."""
    patience = _patience(request)
    if not await pace.sleep(found.after, found.held, patience=patience):
        raise _impatient(request, patience)
    if found.status is None:
        if found.failure == STALLED:
            await pace.hang(patience)
            raise _impatient(request, patience)
        raise _broken(found.failure, request)
    return _made(found, found.status, request, pace)


def refuse(miss: Miss, request: httpx.Request, told: Explain) -> httpx.Response:
    """The answer to a request without a recording. Its client is told not to ask again."""
    library = _library(request)
    body = msgspec.json.encode(told(miss))
    headers = {"content-type": "application/json", "content-length": str(len(body)), "x-should-retry": "false"}
    refusal: httpx.Response = library.Response(UNMATCHED, headers=headers, stream=library.ByteStream(body))
    return refusal


def bare(miss: Miss) -> dict[str, dict[str, Any]]:
    """The least that the body of a 599 says: what was asked, and what is nearest. Where and why, others tell."""
    nearest = miss.nearest
    what = "its recording has already been played" if miss.used else "no recording of this request"
    if miss.ambiguous:
        what = "several recordings fit this request equally well"
    error = {
        "type": "nexdiag_unmatched",
        "message": f"{miss.request.method} {miss.request.path}: {what}",
        "nearest": None if nearest is None else nearest.id,
        "shared": miss.shared,
    }
    return {"error": error}


class _Played:
    """The pieces, one for one; the failure, if there is one."""

    def __init__(self, played: Playback, request: httpx.Request, pace: Pace) -> None:
        self._played = played
        self._request = request
        self._pace = pace
        self._patience = _patience(request)

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._played.pieces:
            self._bear(self._pace.wait(piece.after, piece.held, patience=self._patience))
            yield piece.bytes
        if self._played.failure == STALLED:
            self._pace.stall(self._patience)
        else:
            self._bear(self._pace.wait(self._played.rest, patience=self._patience))
        self._break_off()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._played.pieces:
            self._bear(await self._pace.sleep(piece.after, piece.held, patience=self._patience))
            yield piece.bytes
        if self._played.failure == STALLED:
            await self._pace.hang(self._patience)
        else:
            self._bear(await self._pace.sleep(self._played.rest, patience=self._patience))
        self._break_off()

    def _bear(self, waited: bool) -> None:
        if not waited:
            raise _impatient(self._request, self._patience)

    def _break_off(self) -> None:
        if self._played.failure == STALLED:
            raise _impatient(self._request, self._patience)
        if self._played.failure is not None:
            raise _broken(self._played.failure, self._request)


def _made(played: Playback, status: int, request: httpx.Request, pace: Pace) -> httpx.Response:
    library = _library(request)
    headers = [(_wire(name), _wire(value)) for name, value in played.headers]
    stream = _kind(library)(played, request, pace)
    made: httpx.Response = library.Response(status, headers=headers, stream=stream)
    return made


@cache
def _kind(library: ModuleType) -> Any:  # noqa: ANN401 - a class that is made here
    """The stream as the library's clients want it: each asks for a class of its own."""
    return type("Played", (_Played, library.SyncByteStream, library.AsyncByteStream), {})


def _library(request: object) -> ModuleType:
    """The library that a request is of, httpx or httpx2, also where its class is derived from the library's."""
    *_, kind = (kind for kind in type(request).__mro__ if kind.__name__ == "Request")
    return sys.modules[kind.__module__.partition(".")[0]]


def _broken(failure: str | None, request: httpx.Request) -> httpx.TransportError:
    """The transport error that the recording names, raised again."""
    library = _library(request)
    name, _, text = (failure or "no response").partition(": ")
    kind = getattr(library, name, None)
    if not (isinstance(kind, type) and issubclass(kind, library.TransportError)):
        kind, text = library.TransportError, failure or name
    broken: httpx.TransportError = kind(text or name, request=request)
    return broken


def _patience(request: httpx.Request) -> float:
    """Seconds of silence that the client allows; infinity if it has set no read timeout."""
    timeout = request.extensions.get("timeout")
    allowed = timeout.get("read") if isinstance(timeout, Mapping) else None
    return float(allowed) if isinstance(allowed, int | float) else math.inf


def _impatient(request: httpx.Request, patience: float) -> httpx.TransportError:
    """What a client raises that has waited for long enough."""
    what = f"nothing came for {patience:g} s, the client's read timeout"
    if patience == math.inf:
        what = "the answer stalls, and the client has set no read timeout: live it would wait for ever"
    return _broken(f"ReadTimeout: {what}", request)


def _wire(text: str) -> bytes:
    return text.encode("latin-1", "replace")
