"""One conversation of a recording, played once more by our executor in virtual time, whatever is laid over its answers.

Law: the network is closed, waits cost nothing, and nothing that the executor does can end the campaign.
"""

import asyncio
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from nexdiag.agent.loop import Limits
from nexdiag.agent.progress import Progress, Repaired, Retrying, TurnEnded, TurnStarted
from nexdiag.core.cassette import Cassette
from nexdiag.core.turn import Session, Turn
from nexdiag.replay.answers import Answers
from nexdiag.replay.closed import network_closed
from nexdiag.replay.player import Player
from nexdiag.replay.toolbox import RecordedToolbox
from nexdiag.runner.play import Stage
from nexdiag.runner.replaying import virtual
from nexdiag.runner.replaying.carried import carried_runs
from nexdiag.runner.replaying.conversations import endpoint_of, play_turns


class Heard:
    """What an executor tells meanwhile, by the number of the turn."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.retries: Counter[int] = Counter()
        self.reasons: dict[int, str] = {}
        """Why a request was first sent again."""
        self.repairs: dict[int, tuple[str, ...]] = {}
        self.seconds: dict[int, float] = {}
        """Virtual seconds that the turn took."""
        self._turn = 0
        self._began = 0.0

    def __call__(self, progress: Progress) -> None:
        """One thing is told."""
        if isinstance(progress, TurnStarted):
            self._turn, self._began = progress.turn.number, _now()
        elif isinstance(progress, TurnEnded):
            self.seconds[self._turn] = _now() - self._began
        elif isinstance(progress, Retrying):
            self.retries[self._turn] += 1
            self.reasons.setdefault(self._turn, progress.reason)
        elif isinstance(progress, Repaired):
            self.repairs[self._turn] = (*self.repairs.get(self._turn, ()), progress.what)

    @property
    def turn(self) -> int:
        """The turn that began last."""
        return self._turn


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    session: Session | None
    """None if it did not come to an end."""
    heard: Heard
    answers: Answers
    hung: virtual.Hangs | None = None
    crashed: str = ""
    """What was raised, and where."""


def trial(cassette: Cassette, turns: Sequence[Turn], answers: Answers) -> Trial:
    """Play these turns of one conversation. `answers` may be used up by it."""
    heard = Heard()
    exchanges = [one for one in cassette.exchanges if one.turn is not None]
    stage = Stage(
        endpoint=endpoint_of(cassette),
        transport=Player(answers),
        tools=RecordedToolbox(cassette.tool_runs, carried=carried_runs(exchanges)),
        tell=heard,
        clock=lambda: turns[0].started,
        calls=cassette.header.calls or Limits().calls,
    )
    try:
        with network_closed():
            session = virtual.run(play_turns(cassette, turns, stage))
    except virtual.Hangs as hung:
        return Trial(session=None, heard=heard, answers=answers, hung=hung)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever it raises was to be found out
        return Trial(session=None, heard=heard, answers=answers, crashed=_where(error))
    return Trial(session=session, heard=heard, answers=answers)


def _where(error: BaseException) -> str:
    """The error in a line, with the place that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def _now() -> float:
    return asyncio.get_running_loop().time()
