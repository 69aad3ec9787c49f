"""A recording gone on with: its first turns are played, those that follow are said live, and both are recorded anew.

    the turns up to there, replayed ─► all exact? ─► played once more, for the conversation that they come to
                                          └► no: stop      ─► the same machine, live, beside a recorder

Law: nothing goes live before every turn up to there was exact, and the network is closed until then. The recording
that is gone on with is never written to; the turns that the new one takes over from it are as they were.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from nexdiag.agent.config import Config
from nexdiag.agent.loop import Machine
from nexdiag.agent.progress import Tell
from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import CassetteError
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Run
from nexdiag.core.turn import LogLine, ToolRun, Turn
from nexdiag.replay.closed import network_closed
from nexdiag.replay.player import Player
from nexdiag.replay.toolbox import RecordedToolbox
from nexdiag.runner.cassettes import files
from nexdiag.runner.judge import judge
from nexdiag.runner.load import load
from nexdiag.runner.place import next_recording
from nexdiag.runner.play import assemble, fitted
from nexdiag.runner.provenance import stamped
from nexdiag.runner.replaying.age import demand_young
from nexdiag.runner.replaying.answering import answers_of
from nexdiag.runner.replaying.carried import carried_runs
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.onward.living import Living, there
from nexdiag.runner.replaying.onward.parted import Part, part_of, staged
from nexdiag.runner.replaying.onward.target import Target, config_at, endpoint_for
from nexdiag.runner.replaying.rerun import Outside, rerun
from nexdiag.runner.replaying.tools import Live, live_tools


class Further(msgspec.Struct, frozen=True, kw_only=True):
    """From where on a recording is gone on with, and to whom."""

    until: int
    """The last turn that is played from the recording; every later one is said live."""
    target: Target = Target()
    output: Path | None = None
    """Where the new recording goes; None for the next free name beside the old one."""
    session: str | None = None
    """Which conversation, where the recording holds several."""
    say: tuple[str, ...] | None = None
    """What is said live; None for what the recording says there."""


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """One turn that is over."""

    turn: Turn
    """Without its secrets."""
    verdict: TurnVerdict | None = None
    """For one that was played; None for a live one."""


class Onward(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    run: Run
    """Of the new recording; of the old one, where its turns were not exact and nothing was said live."""
    path: Path | None = None
    """The new recording; None if there is none."""
    played: tuple[TurnVerdict, ...] = ()
    live: tuple[Turn, ...] = ()
    trouble: str | None = None
    """Why recording stopped before its end."""
    mixed: str = ""
    """Why no one replay can ask for all of it: its turns were asked of different models. Empty where one can."""

    @property
    def code(self) -> int:
        """The exit code: 1 if a turn was not exact, or a live one came to no answer; 3 if it was not recorded whole."""
        if self.trouble is not None:
            return 3
        return int(self.path is None or any(turn.outcome != "answered" for turn in self.live))


def go_on(  # noqa: PLR0913 - every outside thing is an argument
    path: Path,
    wanted: Further,
    *,
    how: How | None = None,
    config: Config | None = None,
    environ: Mapping[str, str] = os.environ,
    told: Callable[[Passed], None] = lambda passed: None,
    warn: Callable[[str], None] = lambda line: None,
    tell: Tell = lambda progress: None,
    clock: Callable[[], float] = time.time,
) -> Onward:
    """Play the turns of a recording up to `wanted.until`, say the rest live, and record both to a file of its own.

    `told` hears of each turn, `warn` of what is to be read before anything goes live, `tell` of how live turns go on.
    `config` has endpoints with their keys, and denied tools; without it, it is that of the nearest state directory.

    Raises `Expired` for a recording that is older than it may be, where that is to fail, `UsageError` for a turn,
    conversation or endpoint that there is not, `NothingToDo` for turns that cannot be played, `CassetteError` if the
    new file cannot be written, `EndpointError` if nobody answers: all before a message is said live.
    """
    how = how or How()
    config = config_at(environ, Path.cwd()) if config is None else config
    part = part_of(_loaded(path, how, clock(), warn), wanted.until, wanted.session)
    output = _free(wanted.output or next_recording(path))
    endpoint = endpoint_for(part.recorded, wanted.target, config, environ)
    tools = _tools(part, how, endpoint, config, environ)
    run = _replayed(part, how, environ, told)
    if any(verdict.outcome != "exact" for verdict in run.replayed):
        return Onward(run=run, played=run.replayed)
    now = clock()
    ours = tools.tools if tools is not None else RecordedToolbox(_later(part))
    machine = _state(part, how, environ, now)
    living = Living(part=part, machine=machine, endpoint=endpoint, tools=ours, environ=environ, tell=tell, now=now)
    says = wanted.say if wanted.say is not None else tuple(turn.said for turn in part.rest)
    living = _opened(living, tools, warn) if says else living
    live, trouble = _said(living, says, path, output, lambda turn: told(Passed(turn=turn)))
    judged = msgspec.structs.replace(judge(load(output)), replayed=run.replayed, how="rerun")
    mixed = _mixed(part, living.endpoint) if live else ""
    return Onward(run=judged, path=output, played=run.replayed, live=live, trouble=trouble, mixed=mixed)


def _opened(living: Living, tools: Live | None, warn: Callable[[str], None]) -> Living:
    """Somebody listens; the user has been warned."""
    living = msgspec.structs.replace(living, endpoint=there(living.endpoint))
    for line in _warnings(living.part, tools):
        warn(line)
    return living


def _said(
    living: Living, says: Sequence[str], path: Path, output: Path, told: Callable[[Turn], None]
) -> tuple[tuple[Turn, ...], str | None]:
    """The new recording begins with the turns that were played; what is said live follows."""
    part, endpoint, now = living.part, living.endpoint, living.now
    header = _header(part, endpoint, now)
    files.create(output, codec.encode(msgspec.structs.replace(part.kept, header=header)))
    return living.say(says, output, _origin_line(part, path, endpoint, now), told)


def _mixed(part: Part, endpoint: Endpoint) -> str:
    """A replay asks one model, that of the header, for all turns."""
    before = part.recorded.model
    if not part.kept.turns or endpoint.model == before:
        return ""
    return f"up to turn {part.before} it was recorded from model {before}, behind it from {endpoint.model}"


def _loaded(path: Path, how: How, now: float, warn: Callable[[str], None]) -> Cassette:
    """The recording, if it is as young as it is to be."""
    cassette = load(path)
    old = demand_young(cassette.header, how.max_age, how.expired, now)
    if old:
        warn(f"expired: {old}")
    return cassette


def _free(output: Path) -> Path:
    """Where nothing is yet."""
    if os.path.lexists(output):
        hint = "name another file with --cassette, or remove that one: a recording is never overwritten"
        raise CassetteError(f"cannot record to {output}: it exists", hint=hint)
    return output


def _replayed(part: Part, how: How, environ: Mapping[str, str], told: Callable[[Passed], None]) -> Run:
    """The turns that are played, with a verdict for each, as `replay` gives it; no fault is laid over them."""
    if not part.kept.turns:
        return Run(name="", cassette=part.kept, profile="")
    run = rerun(part.kept, _plain(how), given=Outside(environ=environ))
    verdicts = tuple(verdict for verdict in run.replayed if verdict.number)
    for turn, verdict in zip(part.kept.turns, verdicts, strict=True):
        told(Passed(turn=turn, verdict=verdict))
    beside = tuple(verdict for verdict in run.replayed if not verdict.number and verdict.differs)
    return msgspec.structs.replace(run, replayed=verdicts + beside)  # not what was recorded outside turns


def _plain(how: How) -> How:
    """As it was chosen, but strictly: what goes live goes on from the recorded turns, or not at all."""
    return How(ignore=how.ignore)


def _state(part: Part, how: How, environ: Mapping[str, str], now: float) -> Machine:
    """The conversation as it is after the turns that are played. Raises `CassetteError` if they do not pair one to one.

    They have been found exact; this is the last look before the network opens.
    """
    exchanges = [exchange for exchange in part.kept.exchanges if exchange.turn is not None]
    at = part.whole.turns[0].started
    answers = answers_of(part.kept.header, exchanges, _plain(how), environ=environ, clock=lambda: at)
    tools = RecordedToolbox(part.kept.tool_runs, carried=carried_runs(exchanges))
    scenario, stage, began = staged(part, Player(answers), tools, now=now)

    async def played() -> Machine:
        driver = assemble(scenario, stage, began)
        try:
            for turn in part.kept.turns:
                await driver.say(turn.said)
        finally:
            await driver.close()
        return driver.machine

    with network_closed():
        machine = asyncio.run(played())
    if not answers.pairing().one_to_one:
        raise CassetteError("the turns that were played do not pair one to one with the recording: nothing went live")
    return machine


def _later(part: Part) -> list[ToolRun]:
    """What tools gave in the turns that are said again."""
    later = {turn.number for turn in part.rest}
    return [run for run in part.whole.tool_runs if run.turn in later]


def _tools(part: Part, how: How, endpoint: Endpoint, config: Config, environ: Mapping[str, str]) -> Live | None:
    """The tools that run in the live turns: none, unless that was asked for."""
    scenario = part.whole.header.scenario
    if not how.live_tools or scenario is None:
        return None
    return live_tools(scenario.tools, endpoint=endpoint, workspace=how.workspace, config=config, environ=environ)


def _warnings(part: Part, tools: Live | None) -> tuple[str, ...]:
    if tools is not None:
        return (tools.warning,)
    if part.whole.header.scenario is None or not part.whole.header.scenario.tools:
        return ()
    return ("no tool runs: a call is answered as it was recorded, and one that was not with an error (--tools live)",)


def _header(part: Part, endpoint: Endpoint, now: float) -> Header:
    """The header of the new recording: what its first turn was recorded with, made now."""
    header = msgspec.structs.replace(part.kept.header, created=now)
    if not part.kept.turns:
        endpoint = fitted(endpoint, header.scenario) if header.scenario is not None else endpoint
        header = msgspec.structs.replace(
            header,
            origin=endpoint.base_url,
            model=endpoint.model,
            profile=endpoint.profile.name if endpoint.profile.known else "",
            window=endpoint.window,
            max_tokens=endpoint.max_tokens,
        )
    return stamped(header, directory=Path.cwd(), libraries=("httpx",))


def _origin_line(part: Part, path: Path, endpoint: Endpoint, now: float) -> LogLine:
    """Where the turns of the new recording come from: nothing in its header can say it."""
    played = part.kept.turns
    came = f"turns {played[0].number} to {played[-1].number} are those of {path.name}; " if played else ""
    text = f"{came}what follows was recorded from {endpoint.base_url}, model {endpoint.model}"
    return LogLine(at=now, text=text, level="INFO", source="nexdiag", session=part.session)
