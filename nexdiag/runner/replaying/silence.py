"""A recorded failure that would be played as a silence without end: played as the timeout that it came to. Pure.

`Stalled` is a word of faults, not of recordings: no recorder writes it. A file that holds it would keep a replay
waiting for as long as its client has patience.
"""

from collections.abc import Iterable

import msgspec

from nexdiag.core.exchange import Exchange
from nexdiag.replay.playback import STALLED

_ENDED = "ReadTimeout: nothing but silence was recorded"


def ended(exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """The exchanges, none of which lasts for ever."""
    return tuple(msgspec.structs.replace(one, failure=_ENDED) if one.failure == STALLED else one for one in exchanges)
