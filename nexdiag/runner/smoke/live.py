"""A live smoke: a scenario through the daemon's chats, as a user would type it, recorded into a cassette.

A state directory is written as `init` does, the daemon is started with a recorder, each message is sent and waited
for, the daemon is stopped; then the cassette is read back, checked to be whole, and judged. Each repetition of a
scenario is a chat of its own. A daemon that the scenario kills is started again, and records on.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from nexdiag.agent import config as configuration
from nexdiag.agent.daemon import ask, lifecycle
from nexdiag.agent.daemon.log import Follower
from nexdiag.agent.daemon.place import ServicePlace
from nexdiag.agent.session.conversation import read_messages
from nexdiag.agent.setup import Wanted, set_up
from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.codec import scenario as codec
from nexdiag.core.cassette import Cassette
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import CassetteError, DaemonError, EndpointError, NothingToDo
from nexdiag.core.run import Run
from nexdiag.core.scenario import Say, Scenario, Spoken
from nexdiag.core.turn import Session
from nexdiag.runner.crew import endpoint_of
from nexdiag.runner.judge import judge
from nexdiag.runner.load import load
from nexdiag.runner.smoke import expected
from nexdiag.runner.smoke.library import known_tools
from nexdiag.runner.smoke.recording_daemon import RecordingDaemon
from nexdiag.runner.smoke.speaking import KILLED, Outcome, Speaker
from nexdiag.runner.smoke.spoken_turns import completed, missing
from nexdiag.runner.smoke.unmet import tell_unmet

__all__ = ["PATIENCE", "Interrupted", "Smoke", "Spoken", "smoke"]

PATIENCE = 600.0
"""Seconds to wait for one turn. What a scenario allows is judged by what it took, not by the waiting."""


class Smoke(msgspec.Struct, frozen=True, kw_only=True):
    """A smoke that is over."""

    run: Run
    spoken: tuple[Spoken, ...]
    more: tuple[Run, ...] = ()
    """Further recordings, where one cassette does not hold all."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every recording, in order."""
        return (self.run, *self.more)

    @property
    def passed(self) -> bool:
        """Whether every expectation held and nothing of weight was found."""
        return not any(finding.weighs for run in self.runs for finding in run.findings) and all(
            turn.ok for turn in self.spoken
        )


class Interrupted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C: the daemon has been stopped, and what was said until then is recorded."""

    def __init__(self, smoke: Smoke) -> None:
        """`smoke` is what there is of it."""
        super().__init__("interrupted")
        self.smoke = smoke


def smoke(  # noqa: PLR0913 - what is played, where, and who is told
    scenario: Scenario,
    target: Wanted,
    *,
    state: Path,
    cassette: Path,
    told: Callable[[Spoken], None] = lambda spoken: None,
    patience: float = PATIENCE,
    redact: Sequence[str] = (),
) -> Smoke:
    """Play the scenario live; `told` hears of each message as it is settled.

    `patience` is in seconds, for one message. `redact` are regular expressions of what is secret, beside all that
    always is: neither the recording nor what is told holds it.

    Raises `UsageError` for what could not work, before anything is started; `CassetteError` if the cassette exists,
    cannot be written, or does not hold all that was said; `EndpointError` if the endpoint never answered;
    `DaemonError` if the daemon cannot do its work; `Interrupted`, with what was said and recorded by then, on Ctrl-C.
    """
    endpoint = _prepare(scenario, target, state, cassette)
    redactor = Redactor([endpoint.key, *secrets_of(os.environ)], patterns=redact)
    _announce(scenario, redactor, state, cassette)
    clean = _cleaner(redactor)
    daemon = RecordingDaemon(state, cassette, state / "scenario.toml", redact=redact)
    spoken: list[Spoken] = []
    with daemon:
        interrupted = _listen(_speak(scenario, state, daemon, patience), spoken, lambda one: told(clean(one)))
        running = lifecycle.status(state)
    trouble = running.trouble if running is not None else "the daemon died"
    recorded = load(cassette)
    if not interrupted:
        _demand_whole(recorded, spoken, trouble)
    said = tuple(clean(one) for one in completed(scenario, spoken, recorded.turns))
    recorded = msgspec.structs.replace(recorded, log=(*recorded.log, *tell_unmet(cassette, said, recorded)))
    done = Smoke(run=_judged(scenario, state, recorded), spoken=said)
    if interrupted:
        raise Interrupted(done)
    return done


def _listen(speaking: Iterator[Spoken], spoken: list[Spoken], told: Callable[[Spoken], None]) -> bool:
    """Take in what is said; whether somebody broke it off."""
    try:
        for one in speaking:
            spoken.append(one)
            told(one)
    except KeyboardInterrupt:
        return True
    return False


def _prepare(scenario: Scenario, target: Wanted, state: Path, cassette: Path) -> Endpoint:
    """Write the state directory; find here, where it can be told well, whatever would stop the daemon."""
    if cassette.exists():
        hint = "name another file with --cassette, or remove that one: a recording is never overwritten"
        raise CassetteError(f"cannot record to {cassette}: it exists", hint=hint)
    codec.check(scenario, tools=known_tools())
    for say in scenario.say:
        ask.check(say.text)
    agent = configuration.Agent(system=scenario.system, tools=scenario.tools)
    agent = msgspec.structs.replace(agent, max_tokens=scenario.max_tokens or agent.max_tokens)
    set_up(state, msgspec.structs.replace(target, window=scenario.window), agent)
    return endpoint_of(configuration.read(state))


def _announce(scenario: Scenario, redactor: Redactor, state: Path, cassette: Path) -> None:
    """Write down what will be played, for the recording's header: what is expected must not hold a secret there."""
    try:
        cassette.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(state / "scenario.toml", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
            out.write(codec.encode(redactor.scenario(scenario)).encode())
    except OSError as error:
        hint = "name another file with --cassette"
        raise CassetteError(f"cannot record to {cassette}: {error.strerror}", hint=hint) from error


def _cleaner(redactor: Redactor) -> Callable[[Spoken], Spoken]:
    """What takes the secrets out of what a terminal will show: a model or a server may say the key in use."""

    def clean(one: Spoken) -> Spoken:
        reply, error = (None if text is None else redactor.text(text) for text in (one.reply, one.error))
        unmet, tools = (tuple(redactor.text(text) for text in texts) for texts in (one.unmet, one.tools))
        said = redactor.text(one.said)
        return msgspec.structs.replace(one, said=said, reply=reply, error=error, unmet=unmet, tools=tools)

    return clean


def _speak(scenario: Scenario, state: Path, daemon: RecordingDaemon, patience: float) -> Iterator[Spoken]:
    """Say everything in order, whatever comes of it."""
    speaker = Speaker(state, kill=daemon.kill, patience=patience)
    number = 0
    with contextlib.closing(Follower(ServicePlace(state).log, 0)) as log:
        for repetition in range(scenario.repeat):
            chat = repetition
            if repetition:
                chat = asyncio.run(speaker.chat(f"smoke-{repetition + 1}"))
            compacted, turn = False, 0
            for place, say in enumerate(scenario.say):
                for _ in range(say.repeat):
                    number += 1
                    log.look()  # what was logged before is nobody's
                    came = asyncio.run(speaker.say(say, request_id=f"smoke-{number}", chat=chat))
                    begun = Spoken(number=number, said=say.text, chat=chat, place=place, compacted=compacted)
                    one = _facts(came, begun, turn + 1)
                    compacted, turn = one.compacted, max(turn, one.turn)
                    yield _live(one, say, came, log.look())


def _facts(came: Outcome, began: Spoken, following: int) -> Spoken:
    """What came of a message, without a judgement; `following` is the number of a turn that nobody could hear begin."""
    heard, turn = came.heard, came.heard.turn
    unheard = following if came.done == KILLED and turn is None else 0
    return msgspec.structs.replace(
        began,
        reply=came.reply,
        error=came.error,
        seconds=came.seconds,
        unchecked=came.unchecked,
        turn=heard.number or unheard,
        outcome=turn.outcome if turn is not None else "",
        tools=tuple(heard.tools),
        together=heard.together,
        input_tokens=turn.usage.input_tokens if turn is not None else 0,
        output_tokens=turn.usage.output_tokens if turn is not None else 0,
        pieces=heard.pieces,
        first=heard.first,
        compacted=began.compacted or heard.compacted,
        done=came.done,
    )


def _live(one: Spoken, say: Say, came: Outcome, lines: Sequence[str]) -> Spoken:
    """The message judged by what was heard of it. What only the recording can tell is judged when it is read."""
    errors, whole = expected.errors_of(lines, one), came.heard.turn is not None
    broken = expected.unmet(say, one, errors=errors, whole=whole, answers=came.answers)
    return msgspec.structs.replace(one, unmet=broken)


def _demand_whole(recorded: Cassette, spoken: Sequence[Spoken], trouble: str | None) -> None:
    """Nothing that was said may be missing from the recording: half of one would replay as if it were all."""
    lost = missing(spoken, recorded.turns)
    if trouble is not None or lost:
        what = f"the recording is not whole: it holds {len(spoken) - lost} of {len(spoken)} turns"
        raise CassetteError(
            what + (f" ({trouble})" if trouble else ""), hint=f"what there is stands in {recorded.name}"
        )
    said = next((one.error for one in spoken if one.error), "no message came to a request")
    if not recorded.exchanges:
        raise NothingToDo(f"no exchange was recorded: {said}", hint=f"see what was logged in {recorded.name}")
    if all(exchange.response is None for exchange in recorded.exchanges) and not any(one.reply for one in spoken):
        hint = f"is the server up, are host and port right? What was tried stands in {recorded.name}"
        raise EndpointError(f"the endpoint never answered: {said}", hint=hint)


def _judged(scenario: Scenario, state: Path, recorded: Cassette) -> Run:
    run = msgspec.structs.replace(judge(recorded), name=scenario.name)
    try:
        messages = tuple(read_messages(state, 0))
    except DaemonError:  # its journal cannot be read: the recording can
        return run
    return msgspec.structs.replace(run, session=Session(id=scenario.name, messages=messages, turns=recorded.turns))
