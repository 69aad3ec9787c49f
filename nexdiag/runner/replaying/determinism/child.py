"""Our executor in a process of its own: plays a recording, answered in the order recorded, and writes what it asked.

    python -m nexdiag.runner.replaying.determinism.child CASSETTE VARIATION

Whatever it asks, it is given the next recorded answer: so that one thing that varies does not lead all that follows
astray. Nothing is executed, and the network is closed.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from nexdiag.agent.driver import Tools
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Request
from nexdiag.core.message import ToolCall
from nexdiag.core.turn import ToolRun
from nexdiag.replay.answers import Answers
from nexdiag.replay.closed import network_closed
from nexdiag.replay.matching.matcher import Match, Matcher, Miss
from nexdiag.replay.player import Player
from nexdiag.replay.toolbox import RecordedToolbox
from nexdiag.runner.load import load
from nexdiag.runner.play import assemble
from nexdiag.runner.replaying.carried import carried_runs
from nexdiag.runner.replaying.determinism.variations import Variation
from nexdiag.runner.replaying.determinism.varying import address_of
from nexdiag.runner.replaying.onward.parted import Part, staged, whole_parts


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request, as it is written between the processes."""

    method: str
    url: str
    body: bytes


class InOrder(Matcher):
    """Answers what has no recording with the next recorded exchange of the same address."""

    def find(self, request: Request, *, now: float | None = None) -> Match | Miss:
        """The exchange that is meant, else the next; a miss behind the last."""
        found = super().find(request, now=now)
        if isinstance(found, Match):
            return found
        address = address_of(request)
        left = (one for one in self.unplayed() if address_of(one.request) == address)
        following = next(left, None)
        return found if following is None else Match(exchange=following)


class _Reversed:
    """Tools of which the last call ends first."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(
        self, calls: Sequence[ToolCall], *, on_run: Callable[[ToolRun], None] | None = None
    ) -> tuple[ToolRun, ...]:
        runs = await self._tools.run(calls)
        for run in reversed(runs):
            if on_run is not None:
                on_run(run)
        return runs

    async def close(self) -> None:
        await self._tools.close()


def requests_of(cassette: Cassette, variation: Variation) -> tuple[Request, ...]:
    """What our executor asks when it plays the whole turns of each conversation again."""
    asked: list[Request] = []
    for part in whole_parts(cassette):
        asked += _requests(part, variation)
    return tuple(asked)


def _requests(part: Part, variation: Variation) -> list[Request]:
    exchanges = [exchange for exchange in part.kept.exchanges if exchange.turn is not None]
    answers = Answers(InOrder(exchanges))
    tools: Tools = RecordedToolbox(part.kept.tool_runs, carried=carried_runs(exchanges))
    if variation.reversed_results:
        tools = _Reversed(tools)
    scenario, stage, began = staged(part, Player(answers), tools, now=0.0)
    began += variation.ahead
    stage = msgspec.structs.replace(stage, clock=lambda: began)
    if variation.reversed_tools:
        scenario = msgspec.structs.replace(scenario, tools=tuple(reversed(scenario.tools)))

    async def played() -> None:
        driver = assemble(scenario, stage, began)
        try:
            for turn in part.kept.turns:
                await driver.say(turn.said)
        finally:
            await driver.close()

    with network_closed():
        asyncio.run(played())
    return answers.requests


def main(arguments: Sequence[str]) -> None:
    """Play, and write a line of JSON for each request."""
    path, variation = arguments
    found = requests_of(load(Path(path)), msgspec.json.decode(variation, type=Variation))
    for one in found:
        asked = Asked(method=one.method, url=one.url, body=one.body.join())
        sys.stdout.buffer.write(msgspec.json.encode(asked) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
