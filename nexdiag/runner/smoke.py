"""A live smoke: a scenario through the daemon's chat, as a user would type it, recorded into a cassette.

A state directory is written with `init`, the daemon is started with a recorder, each message is sent and waited for,
the daemon is stopped; then the cassette is read back and judged.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from nexdiag.agent.config import Agent
from nexdiag.agent.daemon import ipc, lifecycle
from nexdiag.agent.session.conversation import read_messages
from nexdiag.agent.setup import Wanted, set_up
from nexdiag.codec import scenario as codec
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError, DaemonError, NothingToDo
from nexdiag.core.run import Run
from nexdiag.core.scenario import Expectation, Scenario
from nexdiag.core.turn import Session, Turn
from nexdiag.runner.judge import judge
from nexdiag.runner.load import load

_PATIENCE = 600.0
"""Seconds for one turn, where the scenario says nothing."""


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
        """Whether every expectation held and nothing was found."""
        return not self.run.findings and not any(turn.unmet for turn in self.spoken)


def smoke(  # noqa: PLR0913 - where to play, what, and who is told
    scenario: Scenario,
    target: Wanted,
    *,
    state: Path,
    cassette: Path,
    told: Callable[[Spoken], None] = lambda spoken: None,
    ticks: Callable[[], float] = time.perf_counter,
) -> Smoke:
    """Play the scenario live; `told` hears of each message as it is settled.

    Raises `CassetteError` if the cassette exists, `DaemonError` if the daemon cannot do its work, `NothingToDo` if
    no exchange was recorded.
    """
    if cassette.exists():
        hint = "name another file, or remove that one: a recording is never overwritten"
        raise CassetteError(f"cannot record to {cassette}: it exists", hint=hint)
    agent = Agent(system=scenario.system, tools=scenario.tools, max_tokens=scenario.max_tokens or Agent().max_tokens)
    set_up(state, msgspec.structs.replace(target, window=scenario.window), agent)
    played = state / "scenario.toml"
    played.write_text(codec.encode(scenario))
    daemon = [sys.executable, "-m", "nexdiag", "service", "run", "--dir", str(state)]
    lifecycle.start(state, [*daemon, "--cassette", str(cassette), "--scenario", str(played)])
    spoken = []
    try:
        for number, say in enumerate(scenario.say, start=1):
            began = ticks()
            limit = say.expect.within or _PATIENCE
            reply, error = _say(state, scenario, number, say.text, limit)
            turn = Spoken(number=number, said=say.text, reply=reply, error=error, seconds=ticks() - began)
            spoken.append(turn)
            told(turn)
    finally:
        lifecycle.stop(state)
    recorded = load(cassette)
    if not recorded.exchanges:
        raise NothingToDo(f"no exchange was recorded into {cassette}", hint=f"see {state / 'service' / 'daemon.log'}")
    checked = tuple(_checked(turn, scenario.say[turn.number - 1].expect, recorded) for turn in spoken)
    session = Session(id=scenario.name, messages=tuple(read_messages(state, 0)), turns=recorded.turns)
    run = msgspec.structs.replace(judge(recorded), session=session, name=scenario.name)
    return Smoke(run=run, spoken=checked)


def _say(state: Path, scenario: Scenario, number: int, text: str, limit: float) -> tuple[str | None, str | None]:
    request_id = f"{scenario.name}-{number}"
    try:
        ipc.ask(state, "user_chat", message=text, request_id=request_id)
        answer = ipc.ask(state, "wait_reply", request_id=request_id, timeout=limit)
    except DaemonError as error:
        return None, error.what
    if not answer["settled"]:
        return None, f"no reply within {limit:g} s"
    reply = str(answer["content"])
    return (reply, None) if answer["role"] == "coordinator" else (None, reply)


def _checked(spoken: Spoken, expect: Expectation, recorded: Cassette) -> Spoken:
    """The turn with what was expected of it and did not hold."""
    unmet = []
    if expect.answer and spoken.reply is None:
        unmet.append(f"an answer was expected: {spoken.error}")
    reply = (spoken.reply or "").lower()
    unmet += [f"the answer lacks {text!r}" for text in expect.contains if text.lower() not in reply]
    ran = {run.name for run in _turn(recorded, spoken.number).tool_runs}
    unmet += [f"tool {name} was not called" for name in expect.tools if name not in ran]
    if expect.within is not None and spoken.seconds > expect.within:
        unmet.append(f"it took {spoken.seconds:.1f} s, expected within {expect.within:g} s")
    return msgspec.structs.replace(spoken, unmet=tuple(unmet))


def _turn(recorded: Cassette, number: int) -> Turn:
    return next((turn for turn in recorded.turns if turn.number == number), Turn(number=number, said=""))
