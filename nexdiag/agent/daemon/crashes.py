"""How many faults of ours a chat may have before it pauses: three within ten minutes. Pure.

What the endpoint, a tool or the user does is no fault of ours, and a hand-over is none either: the reference counted
those too, and then paused healthy chats.
"""

MOST = 3
WITHIN = 600.0
"""Seconds."""


class CrashBudget:
    """Of one chat."""

    def __init__(self) -> None:
        """None has happened."""
        self._times: list[float] = []

    def spend(self, now: float) -> bool:
        """A fault has happened; whether that was one too many."""
        self._times = [time for time in self._times if now - time < WITHIN] + [now]
        return len(self._times) >= MOST

    def renew(self) -> None:
        """Somebody wants it to go on."""
        self._times = []
