"""The demo, from nothing to a report. Whatever fails says what and why; nothing is left running.

live      init, daemon, five messages through the chat, recorded          runner.smoke
replay    the cassette again with the network closed; sessions compared   runner.rerun
judge     no finding on the healthy run                                   runner.judge
incident  the same scenario with each founding fault switched on          demo.incident
report    all five runs on one page                                       report.html
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from nexdiag.agent.setup import Wanted
from nexdiag.capture.transport import RecordingTransport
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import SUFFIX
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import NexdiagError
from nexdiag.core.finding import Finding
from nexdiag.core.run import Report, Run
from nexdiag.core.turn import Session
from nexdiag.core.version import TOOL
from nexdiag.demo.incident import FAULTS, SCENARIO, Fault
from nexdiag.endpoint import llama, serving, stub
from nexdiag.lint import profiles
from nexdiag.report import html
from nexdiag.runner.crew import live_transport
from nexdiag.runner.host import recording
from nexdiag.runner.judge import judge
from nexdiag.runner.load import load
from nexdiag.runner.play import Stage, play, telling
from nexdiag.runner.replaying.rerun import rerun
from nexdiag.runner.smoke.live import Smoke, Spoken, smoke

STRICT = "llama.cpp-strict"
"""What our tiny model's template makes of a llama.cpp server: user and assistant in turn."""
_ON_PURPOSE = "one of the four faults of the founding incident, switched on deliberately"
_SCRIPT = (
    "Yes, I am here.",
    "The base URL, the model's name, and the roles of the messages.",
    "Then record what goes over the wire.",
    "Which message of which turn the server refused, and why.",
    "You are welcome.",
)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the demo tells while it works: a heading, or lines below one."""

    heading: str | None = None
    lines: tuple[str, ...] = ()
    spoken: Spoken | None = None
    finding: tuple[Fault, Finding] | None = None
    server: str = ""
    """What refused it."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The demo, done."""

    report: Report
    page: Path
    cassettes: tuple[Path, ...]
    requests: int
    """Exchanges recorded, all in all."""
    real: bool
    """Whether a real llama.cpp served."""


Tell = Callable[[Told], None]


def show(scratch: Path, reports: Path, *, real: bool, tell: Tell) -> Shown:
    """Run the whole demo in `scratch`, write `demo.html` into `reports`.

    Raises `NexdiagError` naming what did not come out as it must.
    """
    with _endpoint(STRICT, real=real) as url:
        what = "a real llama.cpp server, a tiny model with a strict chat template" if real else f"a stub of {STRICT}"
        tell(Told(heading=f"endpoint   {what}", lines=(url,)))
        healthy = _live(url, scratch, tell)
        _replay(healthy, scratch, tell)
        runs = [healthy.run]
        tell(Told(heading="the founding incident   the same five messages, one fault at a time"))
        runs += [_broken(fault, url, scratch, real=real, tell=tell) for fault in FAULTS]
    report = Report(
        title="nexdiag demo",
        runs=tuple(runs),
        created=time.time(),
        tool=TOOL,
        unchecked=()
        if real
        else ("a real server: the extra nexdiag[llama] is not installed, a stub served throughout",),
    )
    page = _write(reports / "demo.html", html.render(report))
    return Shown(
        report=report,
        page=page,
        cassettes=tuple(sorted(scratch.glob(f"*{SUFFIX}"))),
        requests=sum(len(run.cassette.exchanges) for run in runs),
        real=real,
    )


def _live(url: str, scratch: Path, tell: Tell) -> Smoke:
    tell(Told(heading="live   init, service start, five messages through the chat, recorded"))
    target = Wanted(url=url, model="nex:tiny", profile=STRICT)
    cassette = _cassette(scratch, SCENARIO.name)
    done = smoke(
        SCENARIO, target, state=scratch / "state", cassette=cassette, told=lambda turn: tell(Told(spoken=turn))
    )
    unmet = [text for turn in done.spoken for text in turn.unmet]
    if unmet or done.run.findings:
        raise NexdiagError(
            f"the live run did not come through: {(unmet or [done.run.findings[0].summary])[0]}",
            hint=f"its recording: {cassette} (keep it with --keep)",
        )
    recorded = done.run.cassette
    size = cassette.stat().st_size
    kept = f"{len(recorded.turns)} turns, {len(recorded.exchanges)} exchanges, {len(recorded.log)} log lines"
    tell(Told(lines=(f"{cassette.name}   {kept}, {size / 1000:.1f} kB, no findings",)))
    return done


def _replay(live: Smoke, scratch: Path, tell: Tell) -> None:
    tell(Told(heading="replay   the network closed"))
    splitter = Splitter()
    began = time.perf_counter()
    again = rerun(load(_cassette(scratch, SCENARIO.name), splitter=splitter), splitter=splitter)
    took = time.perf_counter() - began
    differing = [turn for turn in again.replayed if turn.outcome != "exact"]
    if differing or again.session is None or live.run.session is None:
        raise NexdiagError(
            f"the replay differs in turn {differing[0].number}: {differing[0].note}"
            if differing
            else "the replay has no session"
        )
    if not equal(live.run.session, again.session):
        raise NexdiagError("every request was found in the recording, and yet the sessions differ")
    exact = f"{len(again.replayed)} of {len(again.replayed)} turns exact, {len(again.session.messages)} messages equal"
    tell(Told(lines=(f"{exact}: live and replayed sessions are equal   {took:.2f} s",)))


def equal(left: Session, right: Session) -> bool:
    """Whether two sessions came to the same: the same messages, and each turn the same reply."""
    turns = [[(turn.said, turn.outcome, turn.reply) for turn in side.turns] for side in (left, right)]
    return left.messages == right.messages and turns[0] == turns[1]


def _broken(fault: Fault, url: str, scratch: Path, *, real: bool, tell: Tell) -> Run:
    """The scenario with one fault, recorded and judged; the finding that names it."""
    cassette = _cassette(scratch, f"incident-{fault.name}")
    profile = profiles.named(fault.server)
    with contextlib.ExitStack() as served:
        target = url if fault.real and real else served.enter_context(_endpoint(fault.server, real=False))
        endpoint = Endpoint(base_url=target + fault.base, model="tiny", profile=profile)
        asyncio.run(_play(fault, endpoint, cassette))
    run = judge(load(cassette), name=fault.title)
    found = next((finding for finding in run.findings if finding.rule == fault.rule), None)
    if found is None or not found.refused or run.findings[0] is not found:
        got = run.findings[0].rule if run.findings else "nothing"
        raise NexdiagError(
            f"{fault.title}: {fault.rule} was to be found first, {got} was", hint=f"its recording: {cassette}"
        )
    server = "the real llama.cpp" if fault.real and real else f"a stub of {fault.server}"
    tell(Told(finding=(fault, found), server=server))
    return msgspec.structs.replace(run, expected=_ON_PURPOSE)


async def _play(fault: Fault, endpoint: Endpoint, cassette: Path) -> None:
    wrong = fault.switch_on(Stage(endpoint=endpoint, transport=live_transport(), sleep=_at_once))
    with recording(cassette, wrong.endpoint, SCENARIO) as recorder:
        transport = RecordingTransport(wrong.transport, recorder)
        stage = msgspec.structs.replace(wrong, transport=transport, tell=telling(recorder))
        await play(SCENARIO, stage)


async def _at_once(seconds: float) -> None:
    """A refusal is not worth waiting for."""
    del seconds


@contextlib.contextmanager
def _endpoint(server: str, *, real: bool) -> Iterator[str]:
    if real:
        with llama.running() as url:
            yield url
    else:
        with serving.running(stub.StubEndpoint(profiles.named(server), script=_SCRIPT, model="tiny")) as url:
            yield url


def _cassette(scratch: Path, name: str) -> Path:
    return scratch / f"{name}{SUFFIX}"


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NexdiagError(
            f"cannot write {path}: {error.strerror}", hint="name another directory: --reports DIR"
        ) from error
    return path
