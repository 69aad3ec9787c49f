"""Record modes, with vcrpy's meaning: what is played, what is recorded, and what becomes of a file that exists. Pure.

none           played; a request that has no recording is an error
once           like none if the file exists; else everything is recorded
new_episodes   played, and what has no recording is recorded to the end of the file
all            everything is recorded; what was in the file before stays where it was not recorded again
rewrite        everything is recorded in place of the file; the old one stays if the block raises

once and new_episodes keep no connection that failed; all and rewrite keep what happened, whatever it was.
"""

import difflib
from enum import StrEnum

import msgspec

from nexdiag.core.errors import UsageError


class RecordMode(StrEnum):
    """What a tape does with a request."""

    NONE = "none"
    ONCE = "once"
    NEW_EPISODES = "new_episodes"
    ALL = "all"
    REWRITE = "rewrite"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a mode comes to, once it is known whether the file exists."""

    plays: bool
    """Whether requests are answered from the file."""
    into: str
    """Where live exchanges go: `nowhere`, to a `new` file, to the `end` of the file, or `beside` it, to replace it."""
    keeps: bool = False
    """Whether old exchanges that were not recorded again stay."""
    if_raised: bool = True
    """Whether the recording counts although the block raised."""
    choosy: bool = False
    """Whether a connection that failed is left out: in the modes that go live only for want of a recording."""


_NEW = Plan(plays=False, into="new")
_CHOOSY = Plan(plays=False, into="new", choosy=True)
_PLAY = Plan(plays=True, into="nowhere")
_PLANS = {
    (RecordMode.NONE, True): _PLAY,
    (RecordMode.NONE, False): _PLAY,
    (RecordMode.ONCE, True): _PLAY,
    (RecordMode.ONCE, False): _CHOOSY,
    (RecordMode.NEW_EPISODES, True): Plan(plays=True, into="end", choosy=True),
    (RecordMode.NEW_EPISODES, False): _CHOOSY,
    (RecordMode.ALL, True): Plan(plays=False, into="beside", keeps=True),
    (RecordMode.ALL, False): _NEW,
    (RecordMode.REWRITE, True): Plan(plays=False, into="beside", if_raised=False),
    (RecordMode.REWRITE, False): _NEW,
}


def mode_of(word: str) -> RecordMode:
    """The mode of that name, also where it is vcrpy's own. `UsageError` for any other, with the nearest."""
    try:
        return RecordMode(word)
    except ValueError:
        name = word if isinstance(word, str) else type(word).__name__
        names = [mode.value for mode in RecordMode]
        near = difflib.get_close_matches(name[:40].lower(), names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"the modes are: {', '.join(names)}"
        raise UsageError(f"no such record mode: {name[:40]!r}", hint=hint) from None


def plan(mode: RecordMode, *, exists: bool) -> Plan:
    """What the mode does, for a file that exists or does not."""
    return _PLANS[mode, exists]
