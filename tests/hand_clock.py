"""A clock that a test moves by hand: nothing in it sleeps, and nothing passes by itself."""

import asyncio

_TURNS = 50
"""Passes of the loop in which everybody who was woken comes to rest."""


class HandClock:
    """Gives the time, and sleep. Both stand still until `advance`."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def ticks(self) -> float:
        """The time, in seconds."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Until the clock has been moved so far."""
        sleeper = (self.now + seconds, asyncio.get_running_loop().create_future())
        self._sleepers.append(sleeper)
        try:
            await sleeper[1]
        finally:
            self._sleepers.remove(sleeper)

    async def advance(self, seconds: float) -> None:
        """Move the clock; whoever is due on the way wakes at its own moment."""
        await self.rest()
        end = self.now + seconds
        while due := [sleeper for sleeper in self._sleepers if sleeper[0] <= end and not sleeper[1].done()]:
            when, future = min(due, key=lambda sleeper: sleeper[0])
            self.now = max(self.now, when)
            future.set_result(None)
            await self.rest()
        self.now = end
        await self.rest()

    async def rest(self) -> None:
        """Let everybody who can go on do so."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
