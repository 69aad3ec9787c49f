"""The clocks of a request: how long to wait for what. Pure: `Watch` is told the time, and tells what is due.

connect      10 s                          to the connection (the transport keeps this one)
first byte   600 s loopback, 300 s else    from the sending to the first byte of the body: a long prompt takes minutes
idle         300 s                         between two bytes, whatever they are: a comment is a sign of life too
lifetime     max(900 s, max_tokens / 5 s)  from the first byte: against a server that drips for ever
linger       2 s                           from the finish reason to the end of the stream: usage may still come
"""

import math
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import UsageError

VARIABLE = "NEXDIAG_STREAM_IDLE_TIMEOUT"
"""Seconds of silence that a stream is allowed, instead of 300; 0 for any."""
_LONGEST = 7 * 24 * 3600.0
_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}")
_SLOWEST = 5
"""Tokens a second: no answer that is worth waiting for comes slower."""


class Clocks(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds; infinity switches a clock off."""

    connect: float = 10.0
    first_byte: float = 300.0
    idle: float = 300.0
    lifetime: float = 900.0
    linger: float = 2.0
    parting: float = 0.2
    """For the end of the connection after a stream has said that it is done: then it can be used again."""
    hint: float = 20.0
    """Of silence, until the user is told that something is waited for."""
    again: float = 10.0
    """Between two such hints."""
    liveness: float = 60.0
    """Of silence, until a server that can be asked is asked whether it still works."""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """What is due: a hint that nothing comes, or the end of the waiting."""

    kind: str
    """`hint`, or the clock that ran out: `first_byte`, `idle`, `lifetime`, `linger`."""
    silent: float
    """Seconds without a byte."""
    left: float
    """Seconds until the waiting ends; infinity if it does not."""


def clocks_for(endpoint: Endpoint, *, idle: float | None = None) -> Clocks:
    """The clocks for an endpoint; `idle` is what the user allows, 0 for any silence."""
    first_byte = 600.0 if is_loopback(endpoint.base_url) else 300.0
    lifetime = max(900.0, endpoint.max_tokens / _SLOWEST)
    if idle is None:
        return Clocks(first_byte=first_byte, lifetime=lifetime)
    allowed = idle or math.inf
    longest = lifetime if math.isinf(allowed) else max(lifetime, 2 * allowed)
    return Clocks(first_byte=max(first_byte, allowed), idle=allowed, lifetime=longest)


def allowed_silence(environ: Mapping[str, str]) -> float | None:
    """What the environment says of it, in seconds; None if nothing. Raises `UsageError` for what is no such number."""
    text = environ.get(VARIABLE, "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= _LONGEST:
        hint = f"for example: {VARIABLE}=900, or {VARIABLE}=0 to wait for ever"
        raise UsageError(f"seconds are wanted in {VARIABLE}, found {text[:40]!r}", hint=hint)
    return seconds


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host in ("localhost", "::1") or host.endswith(".localhost") or _LOOPBACK.fullmatch(host) is not None


class Watch:
    """One request under its clocks."""

    def __init__(self, clocks: Clocks, now: float) -> None:
        """The request goes out `now`."""
        self.clocks = clocks
        self.done = False
        self.settled = False
        """Whether the stream has said all but how it ends."""
        self._first: float | None = None
        self._last = now
        self._ends = now + clocks.first_byte
        self._hint = now + clocks.hint

    def heard(self, now: float) -> None:
        """A byte came."""
        if self._first is None:
            self._first = now
        self._last = now
        self._hint = now + self.clocks.hint
        if not self.settled:
            self._ends = now + self.clocks.idle

    def settle(self, now: float, *, done: bool = False) -> bool:
        """The answer is whole; what may follow is its usage and the end of the stream. Whether that ends it sooner."""
        if done and not self.done:
            self.done = self.settled = True
            self._ends = now + self.clocks.parting
        elif not self.settled:
            self.settled = True
            self._ends = now + self.clocks.linger
        else:
            return False
        return True

    def extend(self, now: float) -> float:
        """The server says that it works on the prompt: the first byte gets more time. Seconds that are left then."""
        if self._first is None:
            self._ends = max(self._ends, now + self.clocks.liveness)
        return self._end - now

    def due(self, now: float) -> float:
        """Seconds until there is something to look at."""
        return max(min(self._end, math.inf if self.settled else self._hint) - now, 0.0)

    def look(self, now: float) -> Alarm | None:
        """What is due now; a hint is given once."""
        silent, left = now - self._last, self._end - now
        if left <= 0:
            return Alarm(kind=self._clock, silent=silent, left=0.0)
        if self.settled or now < self._hint:
            return None
        self._hint = now + self.clocks.again
        return Alarm(kind="hint", silent=silent, left=left)

    @property
    def begun(self) -> bool:
        """Whether a byte came."""
        return self._first is not None

    @property
    def _over(self) -> float:
        return math.inf if self._first is None else self._first + self.clocks.lifetime

    @property
    def _end(self) -> float:
        return min(self._ends, self._over)

    @property
    def _clock(self) -> str:
        """Which clock ends first."""
        if self.settled:
            return "linger"
        if self._over < self._ends:
            return "lifetime"
        return "idle" if self.begun else "first_byte"
