"""The guard of one request: keeps its clocks beside the reading, tells of silence, and ends what waits in vain.

Time is handed in. The guard sleeps until something is due, so that a piece of an answer costs it nothing but a look
at the clock.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import msgspec

from nexdiag.agent.client.clocks import Alarm, Clocks, Watch

OnWait = Callable[[float, str], None]
"""Hears that nothing has come: seconds of silence, and what is known of it."""
GONE = "gone"
"""The kind of alarm for a server that takes no connections any more, though its stream stands open."""
_EVER = 1e9
"""Seconds that are not told: the user waits as long as it takes."""


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """What a server that was asked beside its silent stream says of itself."""

    state: str = "unknown"
    """`working`, `gone` (it takes no connections), or `unknown`."""
    words: str = ""
    """For the user."""


Ask = Callable[[], Awaitable[Life]]
"""Asks the server whether it still works. Raises nothing, and takes no longer than a few seconds."""


class Guard(contextlib.AbstractAsyncContextManager["Guard", None]):
    """Bounds the block that it stands around. `alarm` says which clock ended it; a `TimeoutError` leaves it then."""

    def __init__(
        self,
        clocks: Clocks,
        *,
        ticks: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        on_wait: OnWait = lambda seconds, reason: None,
        ask: Ask | None = None,
    ) -> None:
        """`ask` is for a server that can be asked on a second connection."""
        self.alarm: Alarm | None = None
        self._clocks = clocks
        self._ticks = ticks
        self._sleep = sleep
        self._on_wait = on_wait
        self._ask = ask
        self._watch = Watch(clocks, ticks())
        self._limit = asyncio.Timeout(None)
        self._task: asyncio.Task[None] | None = None

    def heard(self) -> None:
        """A byte came."""
        self._watch.heard(self._ticks())

    def settle(self, *, done: bool = False) -> None:
        """The answer is whole; `done`: the server has said that nothing follows."""
        if self._watch.settle(self._ticks(), done=done) and self._task is not None:
            self._task.cancel()  # it sleeps towards an end that has come nearer
            self._task = asyncio.create_task(self._keep())

    async def __aenter__(self) -> Self:
        """Start the clocks."""
        await self._limit.__aenter__()
        self._watch = Watch(self._clocks, self._ticks())
        self._task = asyncio.create_task(self._keep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop them."""
        if not self._limit.expired():
            self._limit.reschedule(None)  # one that runs out now would cancel what comes after the block
        try:
            if self._task is not None:
                self._task.cancel()
                await asyncio.wait([self._task])
                trouble = None if self._task.cancelled() else self._task.exception()
                if trouble is not None and error is None:
                    raise trouble  # a fault of ours, or of who was told: it is not to be lost
        finally:
            await self._limit.__aexit__(kind, error, traceback)  # makes a TimeoutError of its own cancellation

    async def _keep(self) -> None:
        while self.alarm is None:
            await self._sleep(self._watch.due(self._ticks()))
            alarm = self._watch.look(self._ticks())
            if alarm is not None and alarm.kind == "hint":
                alarm = await self._hint(alarm)
            if alarm is not None:
                self.alarm = alarm
                self._limit.reschedule(asyncio.get_running_loop().time())

    async def _hint(self, alarm: Alarm) -> Alarm | None:
        """Tell that nothing comes; an alarm if nothing will."""
        told = f"the server {'has fallen silent' if self._watch.begun else 'has not begun to answer'}"
        left = alarm.left
        if self._ask is not None and alarm.silent >= self._clocks.liveness:
            life = await self._ask()
            if life.state == GONE:
                return Alarm(kind=GONE, silent=alarm.silent, left=0.0)
            told = life.words or told
            if life.state == "working":
                left = self._watch.extend(self._ticks())
        self._on_wait(alarm.silent, f"{told}; it gets {left:.0f} s more" if left < _EVER else told)
        return None
