"""What came of a campaign of faults: an executor was run through each fault at each place of a recording."""

import msgspec

from nexdiag.core.fault import Fault

OUTCOMES = ("exact", "recovered", "told", "unseen", "idle", "silent", "hung", "crashed")
"""What can come of a fault; the last three are not survived.

exact      nobody noticed, and the session is as recorded
recovered  the request was sent again, and the session is as recorded
told       a turn ended with a clear error, or with a remark of what was wrong; the session went on
unseen     the session differs, and nobody could have seen it: what came was a whole answer, well formed, and nothing on
           this wire counts its pieces
idle       the fault found nothing to strike
silent     the session differs, and nobody was told
hung       the executor would have waited for ever
crashed    the executor raised
"""
LOST = ("silent", "hung", "crashed")


class Struck(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fault at one place, and what came of it."""

    fault: Fault
    text: str
    """The fault as it is written on the command line."""
    outcome: str
    """One of `OUTCOMES`."""
    session: str = ""
    """The conversation it struck; empty where the recording holds one alone."""
    retries: int = 0
    """Requests that were sent again in the turn that it struck."""
    seconds: float = 0.0
    """Virtual seconds that this turn took: what a user would have waited."""
    error: str = ""
    """What the user saw of it, in one line."""
    differs: tuple[str, ...] = ()
    """What is not as recorded: `reply`, `outcome`, `tools`, `tokens`, `messages`, ..., each once."""
    behind: int = 0
    """Turns behind the one that is not as recorded."""
    later: int = 0
    """How many of them were answered."""

    @property
    def lost(self) -> bool:
        """Whether it was not survived."""
        return self.outcome in LOST


class Survival(msgspec.Struct, frozen=True, kw_only=True):
    """One recording's campaign."""

    name: str
    """The recording."""
    seed: int = 0
    turns: int = 0
    """How many turns were played each time."""
    struck: tuple[Struck, ...] = ()
    unchecked: tuple[str, ...] = ()
    """What was not tried, with the reason."""
    seconds: float = 0.0
    """How long the campaign took."""

    @property
    def lost(self) -> tuple[Struck, ...]:
        """What was not survived."""
        return tuple(one for one in self.struck if one.lost)
