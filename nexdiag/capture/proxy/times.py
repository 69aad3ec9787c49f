"""Clocks for a recorder that hears of some things late, from a thread, and records when they were all the same."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Clock = Callable[[], float]
Moment = tuple[float, float]
"""Unix time, and ticks, in seconds."""


class Times:
    """The clocks `clock` and `ticks` of a recorder."""

    def __init__(self, clock: Clock = time.time, ticks: Clock = time.perf_counter) -> None:
        """`clock` gives Unix time; `ticks` gives seconds that never jump."""
        self._clock = clock
        self._ticks = ticks
        self._told = threading.local()

    def clock(self) -> float:
        """Unix time, of now or of what is being told."""
        moment: Moment | None = getattr(self._told, "moment", None)
        return self._clock() if moment is None else moment[0]

    def ticks(self) -> float:
        """Seconds that never jump, of now or of what is being told."""
        moment: Moment | None = getattr(self._told, "moment", None)
        return self._ticks() if moment is None else moment[1]

    def now(self) -> Moment:
        """This moment, to be told of later."""
        return self._clock(), self._ticks()

    @contextmanager
    def at(self, moment: Moment) -> Iterator[None]:
        """Until the block ends it is that moment, for this thread."""
        self._told.moment = moment
        try:
            yield
        finally:
            self._told.moment = None
