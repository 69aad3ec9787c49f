"""Served: what became of one request that a replay server got, for whoever tells it to a person. Pure."""

from collections.abc import Callable

import msgspec

ANSWERED = "answered"
"""From the recording, to its end, also where that end is a failure."""
UNMATCHED = "unmatched"
"""There is no recording of it."""
LEFT = "left"
"""The client went away before the answer was whole."""
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


Heard = Callable[[Served], None]
