"""What a replay server asks for answers, and tells: what became of each request. Pure."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from nexdiag.core.exchange import Exchange, Request
from nexdiag.replay.matching.matcher import Miss
from nexdiag.replay.playback import Playback

ANSWERED = "answered"
"""From the recording, to its end, also where that end is a failure."""
UNMATCHED = "unmatched"
"""There is no recording of it."""
LEFT = "left"
"""The client went away before the answer was whole."""
CLOSED = "closed"
"""The server was closed before the answer was whole."""
AWAY = "away"
"""It was meant for another host: somebody tried to leave through this server."""
REFUSED = "refused"
"""It came from somewhere that may not ask."""
FAILED = "failed"
"""An error of ours."""


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one request."""

    what: str
    """One of the words above."""
    method: str
    target: str
    status: int | None = None
    """What the client was told; None if nothing."""
    exchange: int | None = None
    """The id of the recording that answered; None if none did, or if the answer was made."""
    host: str = ""
    """For `away`: whom it was meant for."""
    why: str = ""
    """For all but `answered`, in words; for `answered` the failure that was played, if it ends with one."""


class Source(Protocol):
    """Whoever has the answers: `replay.answers.Answers`, or one who stands before them."""

    def take(self, asked: Request, *, turn: int | None = None) -> Playback | Miss:
        """What answers a request."""

    def unplayed(self) -> tuple[Exchange, ...]:
        """What no request has asked for."""


Heard = Callable[[Served], None]
