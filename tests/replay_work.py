"""Work for other processes in tests: they know a function by its module, and this one can be found by its name."""

import os
import signal
import time
from pathlib import Path

from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError, NothingToDo, UsageError
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Run
from nexdiag.runner.replaying.how import How


def doubled(number: int) -> int:
    """6 fails, 7 ends its process, 8 is killed, 9 takes for ever."""
    if number == 7:
        os._exit(3)
    if number == 8:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 6:
        raise ValueError("\x1b[2J")
    if number == 9:
        Path(os.environ["REPLAY_WORK"]).write_text(str(os.getpid()))
        time.sleep(3600)
    return 2 * number


def play(path: Path, how: How, turn: int | None) -> Run:
    """What comes of a recording stands in its first line; `how` and the turn come back in the name."""
    word = path.read_text().strip()
    if word == "crash":
        os._exit(9)
    errors = {"broken": CassetteError, "nothing": NothingToDo, "usage": UsageError}
    if word in errors:
        raise errors[word](f"{path} is {word}", hint="a hint")
    if word == "bug":
        raise KeyError(word)
    expired = "it is old" if word == "expired" else ""
    outcome = "exact" if expired else word
    turns = (TurnVerdict(number=1, said="x", outcome=outcome),)
    cassette = Cassette(header=Header())
    return Run(name=f"{how.speed} {turn}", cassette=cassette, profile="p", replayed=turns, expired=expired)
