"""Virtual time: an asyncio loop whose clock jumps. When nothing is ready it is the time of the next timer at once.

A stall of 300 s costs nothing and is the same each time. Law: offline only, nothing outside can wake such a loop; a
thread of its executor (`asyncio.to_thread`) is waited for in real time, and the clock stands meanwhile.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple, Unpack

_ResultT = TypeVar("_ResultT")
_Ts = TypeVarTuple("_Ts")
_Ready = list[tuple[selectors.SelectorKey, int]]
LIMIT = 24 * 3600.0
"""Seconds of virtual time after which nobody would wait any longer."""
_ROUNDS = 1_000_000
"""Rounds of a loop in which its clock stands: what goes on that long goes in circles."""
_RESOLUTION = 1e-6
"""Seconds that a timer may come too early: sums of floats are not exact."""


class Hangs(Exception):  # noqa: N818 - named for the fact, as the report words it
    """What runs would never end: it waits for nothing, for too long, or goes in circles."""

    def __init__(self, why: str, at: float) -> None:
        """`at` is the virtual time, in seconds."""
        super().__init__(why)
        self.at = at


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop with a clock that begins at 0 and jumps."""

    def __init__(self, limit: float = LIMIT) -> None:
        """It may come to `limit` seconds."""
        self._now = 0.0
        self._allowed = limit
        self._until = limit
        self._rounds = 0
        self._at_work = 0
        super().__init__(_Jumping(self._passes))
        self._clock_resolution = _RESOLUTION

    def time(self) -> float:
        """Seconds of virtual time."""
        return self._now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[_Ts]], _ResultT], *args: *_Ts
    ) -> asyncio.Future[_ResultT]:
        """As any loop; the clock stands until the thread has ended."""
        future = super().run_in_executor(executor, func, *args)
        self._at_work += 1
        future.add_done_callback(self._worked)
        return future

    async def shutdown_default_executor(self, *more: Any) -> None:  # noqa: ANN401 - a timeout, from Python 3.12 on
        """As any loop: it waits for a thread that is no executor's."""
        self._at_work += 1
        try:
            await super().shutdown_default_executor(*more)
        finally:
            self._at_work -= 1

    def _worked(self, _: object) -> None:
        self._at_work -= 1

    def _passes(self, seconds: float | None) -> bool:
        """Let time pass, nothing being ready; whether to wait for a thread instead. Raises `Hangs`."""
        if seconds is not None and seconds <= 0:
            self._rounds += 1
            if self._rounds > _ROUNDS:
                raise self._hangs("it goes in circles and lets no time pass")
            return False
        if self._at_work:
            return True
        self._rounds = 0
        if seconds is None:
            raise self._hangs("it waits for what nothing will bring")
        if self._now + seconds > self._until:
            raise self._hangs(f"it has not ended after {self._until:.0f} s")
        self._now += seconds
        return False

    def _hangs(self, why: str) -> Hangs:
        self._until = self._now + self._allowed  # for what cleans up behind it
        self._rounds = 0
        return Hangs(why, self._now)


class _Jumping(selectors.BaseSelector):
    """The system's selector, that waits only for what comes from a thread."""

    def __init__(self, passes: Callable[[float | None], bool]) -> None:
        self._real = selectors.DefaultSelector()
        self._passes = passes

    def select(self, timeout: float | None = None) -> _Ready:
        found = self._real.select(0)
        return self._real.select() if not found and self._passes(timeout) else found

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:  # noqa: ANN401 - as its base
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:  # noqa: ANN401 - as its base
        return self._real.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


def run(coroutine: Coroutine[Any, Any, _ResultT], *, limit: float = LIMIT) -> _ResultT:
    """`asyncio.run` in virtual time. Raises `Hangs` for what does not end in `limit` seconds of it, or never would."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(limit)) as runner:
        return runner.run(coroutine)
