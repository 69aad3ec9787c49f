"""The attempts of one model request: what is sent again, how often, and after how long. Pure.

There is one owner of retries, and this is its ledger. Each sort of failure has a budget of its own, so that a busy
server does not use up the attempts of a broken stream; a refusal has none.
"""

from collections import Counter
from collections.abc import Callable
from typing import Literal

from nexdiag.agent.loop.events import REFUSED, Failed, Limits

Sort = Literal["server", "stream", "empty"]
"""Whose budget an attempt is taken from: the server or the network failed, the stream broke, nothing was in it."""

_SAME_AGAIN = 500
"""A 500 that comes twice in the same words is no accident (a template that fails, behind llama.cpp, Ollama or a
gateway). 502, 503, 504 and 529 say that they will pass, in the same words each time."""
_STARTING = 5.0
"""Seconds between two tries of a server that is starting, at most."""
NOT_UP = "the server is away"


class Attempts:
    """The ledger of one request."""

    def __init__(self, limits: Limits, chance: Callable[[], float]) -> None:
        """`chance` gives a number from 0 to 1: it spreads the waits, so that clients do not come back in step."""
        self.number = 1
        """Of the attempt that is under way."""
        self._limits = limits
        self._chance = chance
        self._spent: Counter[str] = Counter()
        self._starting = 0.0
        self._last = ""

    def again(self, failed: Failed, sort: Sort = "server") -> float | None:
        """Seconds to wait before the next attempt; None if there is none."""
        same = failed.status == _SAME_AGAIN and failed.reason == self._last
        self._last = failed.reason
        delay = self._starting_up(failed)
        if delay is None:
            allowed = {
                "server": self._limits.refused_retries if failed.kind == REFUSED else self._limits.retries,
                "stream": self._limits.stream_retries,
                "empty": self._limits.empty_retries,
            }
            if not failed.may_pass or same or self._spent[sort] >= allowed[sort]:
                return None
            delay = max(self._backoff(self._spent.total()), min(failed.wait, self._limits.longest_wait))
            self._spent[sort] += 1
        self.number += 1
        return delay

    def reason(self, failed: Failed) -> str:
        """Why the next attempt is made, for the user."""
        return f"{NOT_UP} ({failed.reason})" if self._starting else failed.reason

    def _starting_up(self, failed: Failed) -> float | None:
        """The wait for a server that may be starting again; None if it is not that, or took too long."""
        if failed.kind != REFUSED or self._starting >= self._limits.start_up:
            return None
        delay = min(self._backoff(self.number - 1), _STARTING)
        self._starting += delay
        return delay

    def _backoff(self, before: int) -> float:
        """Twice as long each time, a quarter more or less; `before` have been made."""
        most = self._limits.longest_delay
        plain: float = min(self._limits.first_delay * 2.0 ** min(before, 30), most)
        return plain * (0.75 + 0.5 * self._chance())
