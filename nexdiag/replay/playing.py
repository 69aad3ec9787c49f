"""A recorded exchange as the answer that a client of httpx or httpx2, sync or async, gets: as it came, or as it broke.

httpx2 is never imported here: a request tells which of the two libraries it is of.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any

import httpx
import msgspec

from nexdiag.core.exchange import Request
from nexdiag.replay.canonical import Canonical, Node
from nexdiag.replay.matching import Miss
from nexdiag.replay.playback import STALLED, Playback

Sleep = Callable[[float], Awaitable[None]]
Wait = Callable[[float], None]
Explain = Callable[[Miss], Mapping[str, Any]]
"""What the body of a 599 says."""
UNMATCHED = 599
"""The status of the answer to a request that has no recording."""
_NAMES = 5
"""Fields that a refusal names; the others are counted."""


class Pace:
    """How fast a recording is played."""

    def __init__(self, speed: float | None = None, *, sleep: Sleep = asyncio.sleep, wait: Wait = time.sleep) -> None:
        """1 plays at the recorded pace, 10 ten times as fast, None at once."""
        self._speed = speed
        self._sleep = sleep
        self._wait = wait

    def wait(self, seconds: float, held: float = 0.0) -> None:
        """Let the recorded time pass, in a thread; and `held`, whatever the speed."""
        seconds = self._seconds(seconds, held)
        if seconds > 0:
            self._wait(seconds)

    async def sleep(self, seconds: float, held: float = 0.0) -> None:
        """The same in a task."""
        seconds = self._seconds(seconds, held)
        if seconds > 0:
            await self._sleep(seconds)

    def _seconds(self, seconds: float, held: float) -> float:
        return held + (seconds / self._speed if self._speed else 0.0)


def answer(found: Playback, request: httpx.Request, pace: Pace) -> httpx.Response:
    """The answer. Raises the transport error that stands for it."""
    pace.wait(found.after, found.held)
    if found.status is None:
        raise _broken(found.failure, request)
    return _made(found, found.status, request, pace)


async def answer_async(found: Playback, request: httpx.Request, pace: Pace) -> httpx.Response:
    """The answer. Raises the transport error that stands for it."""
    await pace.sleep(found.after, found.held)
    if found.status is None:
        raise _broken(found.failure, request)
    return _made(found, found.status, request, pace)


def refuse(miss: Miss, request: httpx.Request, told: Explain) -> httpx.Response:
    """The answer to a request without a recording. Its client is told not to ask again."""
    library = _library(request)
    body = msgspec.json.encode(told(miss))
    headers = {"content-type": "application/json", "content-length": str(len(body)), "x-should-retry": "false"}
    refusal: httpx.Response = library.Response(UNMATCHED, headers=headers, stream=library.ByteStream(body))
    return refusal


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
            what = f"no recording of this request; {which} is nearest: {differing(miss, nearest.request)}"
    error = {
        "type": "nexdiag_unmatched",
        "message": f"{miss.request.method} {miss.request.path}: {what}",
        "nearest": None if nearest is None else nearest.id,
        "shared": miss.shared,
        "hint": hint(miss, "record again"),
    }
    return {"error": error}


def hint(miss: Miss, anew: str, file: str = "FILE") -> str:
    """What to do about it: `anew` says how to record again; `file` is the cassette's, where it is known."""
    if miss.nearest is None:
        return anew
    return f"{anew}; see what was recorded with: nexdiag cassette show {file} --exchange {miss.nearest.id}"


def differing(miss: Miss, recorded: Request) -> str:
    """In what the request differs from the nearest that was recorded: address, messages, fields."""
    asked, reading = miss.request, Canonical()
    told = []
    if (asked.method.upper(), asked.path) != (recorded.method.upper(), recorded.path):
        told.append(f"it was {recorded.method} {recorded.path}")
    sent, held = (_depth(reading.read(one).conversation) for one in (asked, recorded))
    if not miss.shared == sent == held:
        first = f"shares its first {miss.shared} messages" if miss.shared else "shares no message"
        told.append(f"it {first} ({sent} sent, {held} recorded)")
    ours, theirs = reading.fields(asked), reading.fields(recorded)
    names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    if names:
        told.append(f"{', '.join(name[:40] for name in names[:_NAMES])}{more} differ{'s' * (len(names) == 1)}")
    return "; ".join(told) or "its body is another one"


def _depth(conversation: Node | None) -> int:
    return 0 if conversation is None else conversation.depth


class _Played:
    """The pieces, one for one; the failure, if there is one."""

    def __init__(self, played: Playback, request: httpx.Request, pace: Pace) -> None:
        self._played = played
        self._request = request
        self._pace = pace

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._played.pieces:
            self._pace.wait(piece.after, piece.held)
            yield piece.bytes
        self._pace.wait(self._played.rest)
        self._break_off()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._played.pieces:
            await self._pace.sleep(piece.after, piece.held)
            yield piece.bytes
        await self._pace.sleep(self._played.rest)
        if self._played.failure == STALLED:
            await asyncio.get_running_loop().create_future()  # until the client gives up
        self._break_off()

    def _break_off(self) -> None:
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


def _wire(text: str) -> bytes:
    return text.encode("latin-1", "replace")
