"""The daemon and its recordings: chats whose executors are made by their config, as it stands when they begin."""

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from nexdiag.agent import config as configuration
from nexdiag.agent import executors
from nexdiag.agent.client.client import SESSION_HEADER, session_sign
from nexdiag.agent.daemon.ask import new_request_id
from nexdiag.agent.daemon.server import Daemon
from nexdiag.agent.executor import Executor
from nexdiag.agent.progress import Tell
from nexdiag.agent.session.conversation import Conversation
from nexdiag.capture.recorder import InSession, Recorder
from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.capture.writer import Writer
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import UsageError
from nexdiag.core.scenario import Scenario
from nexdiag.core.turn import LogLine
from nexdiag.runner.crew import Crew, endpoint_of, make_executor, offered, other_executor
from nexdiag.runner.play import fitted, telling
from nexdiag.runner.probed import probed
from nexdiag.runner.provenance import stamped
from nexdiag.runner.redaction import redactions_of, redactor_for

OURS = ("nex", "native")
"""Our own executor, under the reference's name for it too."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be recorded, and how."""

    cassette: Path
    scenario: Scenario | None = None
    """What will be played, for the recording's header."""
    append: bool = False
    """Go on with the recording, if it is there, under the header that it has."""
    redact: tuple[str, ...] = ()
    """Patterns of what is secret, beside what is known to be."""


@contextlib.contextmanager
def recording(
    path: Path, endpoint: Endpoint, scenario: Scenario | None, *, calls: int | None = None, wanted: Wanted | None = None
) -> Iterator[Recorder]:
    """A recorder that writes to `path` as long as the context lasts. Its header says what is really sent.

    `wanted` says how, where that is not as usual. Raises `CassetteError` if it cannot be written, `UsageError` for a
    pattern that is none.
    """
    wanted = wanted or Wanted(cassette=path)
    endpoint = fitted(endpoint, scenario) if scenario is not None else endpoint
    header = Header(
        created=time.time(),
        origin=endpoint.base_url,
        model=endpoint.model,
        profile=endpoint.profile.name if endpoint.profile.known else "",
        window=endpoint.window,
        max_tokens=endpoint.max_tokens,
        calls=calls,
        scenario=scenario,
        redactions=wanted.redact,
    )
    header = stamped(header, directory=Path.cwd(), libraries=("httpx",))
    goes_on = wanted.append and path.exists()
    recorded = redactions_of(path) if goes_on else ()
    redactor = redactor_for(recorded, [endpoint.key, *secrets_of(os.environ)], wanted.redact)
    recorder = Recorder(Writer.reopen(path) if goes_on else Writer(path, redactor.header(header)), redactor)
    try:
        yield recorder
    finally:
        recorder.close()


def run(state: Path, wanted: Wanted | None = None) -> str | None:
    """Run the daemon in the foreground until it is told to stop; where it is wanted, record everything that passes.

    Returns what went wrong with the recording, if something did.
    """
    host = Host(state)
    with contextlib.ExitStack() as open_files:
        if wanted is not None:
            open_files.enter_context(host.recording(wanted))
        else:
            host.check()
        asyncio.run(host.serve())
        return host.recorder.writer.trouble if host.recorder is not None else None


class Host:
    """The daemon of one state directory."""

    def __init__(self, state: Path) -> None:
        """Nothing is read or started yet."""
        self.state = state
        self.recorder: Recorder | None = None
        self._recorded: Endpoint | None = None
        """What the recording's header says of the endpoint."""
        self._path: Path | None = None
        self._sessions: dict[str, str] = {}
        """Of each chat, by what its requests are known by, the session that it is in the recording."""

    def check(self) -> None:
        """Raises `UsageError` for a config with which no chat could work: now, and not at the first question."""
        config = configuration.read(self.state)
        if _kind(config.agent.executor) == OURS[0]:
            endpoint_of(config)

    @contextlib.contextmanager
    def recording(self, wanted: Wanted) -> Iterator[None]:
        """Record what the chats send, as long as the context lasts; each chat stays the session that it was."""
        config = configuration.read(self.state)
        if _kind(config.agent.executor) != OURS[0]:
            what = f"what {config.agent.executor} sends does not pass here, so it cannot be recorded in this process"
            raise UsageError(what, hint="record our own executor: init -x nex")
        self._recorded = asyncio.run(probed(endpoint_of(config)))
        self._path = wanted.cassette
        crew = Crew(config=config, endpoint=self._recorded, workspace=self.state.parent, state=self.state)
        played = wanted.scenario or _open_scenario(wanted.cassette, crew)
        calls = config.agent.max_turns
        with recording(wanted.cassette, self._recorded, played, calls=calls, wanted=wanted) as self.recorder:
            if self.recorder.writer.recorded is not None:
                self._sessions = _sessions(self.recorder.writer.recorded)
            yield

    async def serve(self) -> None:
        """Serve until told to stop."""
        recorder = self.recorder
        daemon = Daemon(
            self.state,
            self._executor,
            clock=time.time,
            listener=self._logged,
            new_request_id=new_request_id,
            trouble=lambda: recorder.trouble if recorder is not None else None,
            recording=str(self._path) if self._path is not None else None,
        )
        await daemon.serve()

    async def _executor(self, conversation: Conversation, tell: Tell) -> Executor:
        """The executor of a chat. The config is read again for each: what it says now is in force (fault 55)."""
        own = conversation.overrides
        config = configuration.read(self.state)
        kind = _kind(own.executor or config.agent.executor)
        recorder = self._recorder_of(conversation.directory.name)
        if kind != OURS[0]:
            agent = msgspec.structs.replace(config.agent, model=own.model or config.agent.model)
            config = msgspec.structs.replace(config, agent=agent)
            tell = telling(recorder, tell) if recorder is not None else tell
            return other_executor(kind, config, conversation, tell, workspace=self.state.parent)
        endpoint = endpoint_of(config, model=own.model, url=own.endpoint)
        crew = Crew(
            config=config,
            endpoint=self._as_recorded(endpoint),
            workspace=self.state.parent,
            state=self.state,
            recorder=recorder,
        )
        return await make_executor(crew, conversation, tell)

    def _recorder_of(self, chat: str) -> InSession | None:
        """The recorder for a chat: the first is the recording's session without a name, then come 2, 3, ..."""
        if self.recorder is None:
            return None
        number = len(self._sessions) + 1
        session = self._sessions.setdefault(session_sign(chat), str(number) if number > 1 else "")
        return InSession(self.recorder, session)

    def _logged(self, line: LogLine) -> None:
        if self.recorder is not None:
            self.recorder.log_line(
                msgspec.structs.replace(line, session=self._sessions.get(session_sign(line.session), ""))
            )

    def _as_recorded(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint with the window that the header names, if it is the one that is recorded."""
        known = self._recorded
        if known is None or (known.base_url, known.model) != (endpoint.base_url, endpoint.model):
            return endpoint
        return known


def _kind(word: str) -> str:
    """The executor that is meant. Raises `UsageError` for a word that is none: nothing is guessed."""
    if word in OURS:
        return OURS[0]
    if word not in executors.KINDS:
        hint = f"the executors are: {OURS[0]}, {', '.join(executors.KINDS)}"
        raise UsageError(f"no such executor: {word[:64]!r}", hint=hint)
    return word


def _sessions(recorded: Cassette) -> dict[str, str]:
    """Which chat is which session: our client names its chat in a header."""
    named = ((dict(exchange.request.headers).get(SESSION_HEADER), exchange.session) for exchange in recorded.exchanges)
    return {chat: session for chat, session in named if chat is not None}


def _open_scenario(cassette: Path, crew: Crew) -> Scenario:
    """What a chat without a scenario is recorded as: nothing to say beforehand, but its prompt and its tools."""
    return Scenario(name=cassette.name.split(".")[0], say=(), system=crew.config.agent.system, tools=offered(crew))
