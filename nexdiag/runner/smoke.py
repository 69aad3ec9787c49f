"""A live smoke: a scenario through the daemon's chat, as a user would type it, recorded into a cassette.

A state directory is written as `init` does, the daemon is started with a recorder, each message is sent and waited
for, the daemon is stopped; then the cassette is read back, checked to be whole, and judged.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from nexdiag.agent import config as configuration
from nexdiag.agent.daemon import lifecycle
from nexdiag.agent.daemon.ask import Said, say
from nexdiag.agent.session.conversation import read_messages
from nexdiag.agent.setup import Wanted, set_up
from nexdiag.codec import scenario as codec
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError, DaemonError, EndpointError, NothingToDo
from nexdiag.core.run import Run
from nexdiag.core.scenario import Expectation, Scenario
from nexdiag.core.turn import Session, Turn
from nexdiag.runner.crew import endpoint_of
from nexdiag.runner.equip import specs
from nexdiag.runner.judge import judge
from nexdiag.runner.load import load

PATIENCE = 600.0
"""Seconds to wait for one turn. What a scenario allows is judged by the recording, not by the waiting."""


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a smoke, and what came of it."""

    number: int
    said: str
    reply: str | None
    error: str | None
    seconds: float
    unmet: tuple[str, ...] = ()
    """What was expected of it and did not hold."""


class Smoke(msgspec.Struct, frozen=True, kw_only=True):
    """A smoke that is over."""

    run: Run
    spoken: tuple[Spoken, ...]

    @property
    def passed(self) -> bool:
        """Whether every expectation held and nothing of weight was found."""
        return not any(finding.weighs for finding in self.run.findings) and not any(turn.unmet for turn in self.spoken)


def smoke(
    scenario: Scenario,
    target: Wanted,
    *,
    state: Path,
    cassette: Path,
    told: Callable[[Spoken], None] = lambda spoken: None,
) -> Smoke:
    """Play the scenario live; `told` hears of each message as it is settled.

    Raises `UsageError` for what could not work, before anything is started; `CassetteError` if the cassette exists,
    cannot be written, or does not hold all that was said; `EndpointError` if the endpoint never answered;
    `DaemonError` if the daemon cannot do its work.
    """
    _prepare(scenario, target, state, cassette)
    daemon = [sys.executable, "-m", "nexdiag", "service", "run", "--dir", str(state)]
    lifecycle.start(state, [*daemon, "--cassette", str(cassette), "--scenario", str(state / "scenario.toml")])
    try:
        spoken = tuple(_speak(scenario, state, told))
        running = lifecycle.status(state)
    finally:
        lifecycle.stop(state)
    recorded = load(cassette)
    _demand_whole(recorded, spoken, running.trouble if running is not None else "the daemon died")
    checked = tuple(_checked(turn, scenario.say[turn.number - 1].expect, recorded) for turn in spoken)
    session = Session(id=scenario.name, messages=tuple(read_messages(state, 0)), turns=recorded.turns)
    run = msgspec.structs.replace(judge(recorded), session=session, name=scenario.name)
    return Smoke(run=run, spoken=checked)


def _prepare(scenario: Scenario, target: Wanted, state: Path, cassette: Path) -> None:
    """Write the state directory; find here, where it can be told well, whatever would stop the daemon."""
    if cassette.exists():
        hint = "name another file with --cassette, or remove that one: a recording is never overwritten"
        raise CassetteError(f"cannot record to {cassette}: it exists", hint=hint)
    specs(scenario.tools)
    agent = configuration.Agent(system=scenario.system, tools=scenario.tools)
    agent = msgspec.structs.replace(agent, max_tokens=scenario.max_tokens or agent.max_tokens)
    set_up(state, msgspec.structs.replace(target, window=scenario.window), agent)
    endpoint_of(configuration.read(state))
    try:
        cassette.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(state / "scenario.toml", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
            out.write(codec.encode(scenario).encode())
    except OSError as error:
        hint = "name another file with --cassette"
        raise CassetteError(f"cannot record to {cassette}: {error.strerror}", hint=hint) from error


def _speak(scenario: Scenario, state: Path, told: Callable[[Spoken], None]) -> list[Spoken]:
    """Say everything in order, whatever comes of it."""
    spoken = []
    for number, one in enumerate(scenario.say, start=1):
        began = time.perf_counter()
        try:
            said = say(state, one.text, request_id=f"{scenario.name}-{number}", timeout=PATIENCE)
        except DaemonError as error:
            said = Said(error=error.what)
        took = time.perf_counter() - began
        spoken.append(Spoken(number=number, said=one.text, reply=said.reply, error=said.error, seconds=took))
        told(spoken[-1])
    return spoken


def _demand_whole(recorded: Cassette, spoken: Sequence[Spoken], trouble: str | None) -> None:
    """Nothing that was said may be missing from the recording: half of one would replay as if it were all."""
    ended = sum(turn.outcome != "unfinished" for turn in recorded.turns)
    if trouble is not None or ended < len(spoken):
        what = f"the recording is not whole: it holds {ended} of {len(spoken)} turns"
        raise CassetteError(
            what + (f" ({trouble})" if trouble else ""), hint=f"what there is stands in {recorded.name}"
        )
    if not recorded.exchanges:
        raise NothingToDo(
            f"no exchange was recorded: {spoken[0].error}", hint=f"see what was logged in {recorded.name}"
        )
    if all(exchange.response is None for exchange in recorded.exchanges):
        hint = f"is the server up, are host and port right? What was tried stands in {recorded.name}"
        raise EndpointError(f"the endpoint never answered: {spoken[0].error}", hint=hint)


def _checked(spoken: Spoken, expect: Expectation, recorded: Cassette) -> Spoken:
    """The turn with what was expected of it and did not hold."""
    turn = next((one for one in recorded.turns if one.number == spoken.number), Turn(number=spoken.number, said=""))
    unmet = []
    if expect.answer and spoken.reply is None:
        unmet.append(f"an answer was expected: {spoken.error}")
    reply = (spoken.reply or "").lower()
    unmet += [f"the answer lacks {text!r}" for text in expect.contains if text.lower() not in reply]
    ran = {run.name for run in turn.tool_runs}
    unmet += [f"tool {name} was not called" for name in expect.tools if name not in ran]
    if expect.within is not None and turn.duration > expect.within:
        unmet.append(f"it took {turn.duration:.1f} s, expected within {expect.within:g} s")
    return msgspec.structs.replace(spoken, unmet=tuple(unmet))
