"""Promises of `nexdiag.runner.replaying.silence`."""

import msgspec
from made import chat, recorded, user

from nexdiag.replay.playback import STALLED, playback
from nexdiag.runner.replaying.silence import ended

ONE = recorded(0, chat(user("x")))


def test_a_recorded_silence_ends_as_a_timeout() -> None:
    """It is played as the failure of a server that said no more, not as a wait without end."""
    silent = msgspec.structs.replace(ONE, failure=STALLED)
    (found,) = ended([silent])
    assert (playback(found).failure or "").startswith("ReadTimeout")


def test_all_else_is_left_as_it_is() -> None:
    """Other failures, and answers that ended well, are the very same objects."""
    broken = msgspec.structs.replace(ONE, failure="ReadError: gone")
    assert [a is b for a, b in zip(ended([ONE, broken]), [ONE, broken], strict=True)] == [True, True]
