"""One conversation of a recording, cut in two behind a turn, and the stage that either part is played on. Pure.

Law: nothing of the first part is changed.
"""

from collections.abc import Iterator

import httpx
import msgspec

from nexdiag.agent.driver import Tools
from nexdiag.agent.loop import Limits
from nexdiag.core.cassette import Cassette
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import NothingToDo, UsageError
from nexdiag.core.scenario import Scenario
from nexdiag.core.turn import Turn
from nexdiag.runner.play import Stage, fitted
from nexdiag.runner.replaying.conversations import at_once, conversations, demand_ours, endpoint_of, scenario_of
from nexdiag.runner.replaying.verdict.verdicts import CUT_SHORT


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation, cut in two."""

    whole: Cassette
    kept: Cassette
    """The turns that are played, with all that belongs to them."""
    rest: tuple[Turn, ...]
    """Those that come after."""

    @property
    def session(self) -> str:
        """Which conversation it is."""
        return self.whole.turns[0].session

    @property
    def recorded(self) -> Endpoint:
        """Where it was recorded."""
        return endpoint_of(self.whole)

    @property
    def before(self) -> int:
        """The number of the last turn before the rest."""
        return self.kept.turns[-1].number if self.kept.turns else self.whole.turns[0].number - 1


def part_of(cassette: Cassette, until: int, session: str | None = None) -> Part:
    """The conversation, cut behind turn `until`.

    Raises `UsageError` for a turn or conversation that there is not, `NothingToDo` where no turn can be played.
    """
    demand_ours(cassette)
    one = _conversation(cassette, session)
    first, last = one.turns[0].number, one.turns[-1].number
    if not first - 1 <= until <= last:
        what = f"turns {first} to {last} were recorded: --until {until}, which is --from {until + 1}, is out of them"
        raise UsageError(what, hint=f"--until {last} plays all of them, --from {first} records all of them again")
    kept = tuple(turn for turn in one.turns if turn.number <= until)
    rest = tuple(turn for turn in one.turns if turn.number > until)
    cut = next((turn for turn in kept if turn.outcome in CUT_SHORT), None)
    if cut is not None:
        what = f"turn {cut.number} was {cut.outcome} when it was recorded, and cannot be played"
        raise NothingToDo(what, hint=f"record it again: --from {cut.number}")
    begins = min((turn.started for turn in rest), default=float("inf"))
    numbers = {turn.number for turn in kept}

    def stays(turn: int | None, at: float) -> bool:
        return turn in numbers or (turn is None and at < begins)

    first_part = msgspec.structs.replace(
        one,
        turns=kept,
        exchanges=tuple(each for each in one.exchanges if stays(each.turn, each.started)),
        tool_runs=tuple(each for each in one.tool_runs if stays(each.turn, each.started)),
        log=tuple(line for line in cassette.log if line.session == one.turns[0].session and stays(line.turn, line.at)),
        tear=None,
    )
    return Part(whole=one, kept=first_part, rest=rest)


def whole_parts(cassette: Cassette) -> Iterator[Part]:
    """Each conversation, cut before its first turn that was cut short; one of which nothing is left is passed over.

    Raises `NothingToDo` if there is none.
    """
    demand_ours(cassette)
    parts = []
    for one in conversations(cassette):
        cut = next((turn.number for turn in one.turns if turn.outcome in CUT_SHORT), one.turns[-1].number + 1)
        if cut > one.turns[0].number:
            parts.append(part_of(cassette, cut - 1, one.turns[0].session))
    if not parts:
        raise NothingToDo(f"{cassette.name or 'the cassette'} has no turn to play", hint="see: nexdiag report")
    yield from parts


def _conversation(cassette: Cassette, session: str | None) -> Cassette:
    found = list(conversations(cassette))
    names = ", ".join(repr(one.turns[0].session) for one in found)
    if session is None and len(found) > 1:
        hint = f"name one with --session: {names}"
        raise UsageError(f"one conversation is gone on with, and {len(found)} were recorded", hint=hint)
    named = next((one for one in found if session in (None, one.turns[0].session)), None)
    if named is None:
        raise UsageError(f"no conversation is called {session!r}", hint=f"the conversations are: {names}")
    return named


def staged(
    part: Part, transport: httpx.AsyncBaseTransport, tools: Tools, *, now: float
) -> tuple[Scenario, Stage, float]:
    """The scenario as it was recorded, the stage for playing it again, and when the session began: `now` for a new one.

    The stage does not wait, and its clock stands where the recording began.
    """
    header, first = part.whole.header, part.whole.turns[0]
    scenario, history = scenario_of(part.whole, part.kept.turns, part.recorded.wire)
    began = first.started if part.kept.turns or first.number > 1 else now
    stage = Stage(
        endpoint=fitted(part.recorded, scenario),
        transport=transport,
        tools=tools,
        clock=lambda: began,
        sleep=at_once,
        calls=header.calls or Limits().calls,
        history=history,
        turns=first.number - 1,
    )
    return scenario, stage, began
