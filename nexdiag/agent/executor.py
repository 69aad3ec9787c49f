"""What a chat needs of whoever answers it: our own loop, or a CLI that is installed."""

from typing import Protocol

from nexdiag.core.turn import Turn


class Executor(Protocol):
    """Plays the turns of one conversation."""

    @property
    def turns(self) -> int:
        """How many turns were begun, those of earlier lives of the session included."""

    trouble: str | None
    """What a listener raised when it was told, the first time. Whoever reports it sets it back to None."""

    async def say(self, text: str, *, request_id: str | None = None, said: bool = False) -> Turn:
        """Play one turn; `said`: the conversation already ends with this question, from before a crash.

        On cancellation the turn is closed first (its end is told), then the cancellation goes on.
        """

    async def close(self) -> None:
        """Let go of connections and processes."""
