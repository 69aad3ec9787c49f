"""Plays a chat's turns by running an installed CLI, once a turn: the only place here with I/O.

Law: the question is journaled before the CLI is started and the answer before it is told, so that a crash loses
neither; the CLI's own session is kept beside the journal; whatever the CLI does, the turn ends, and the chat goes on.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from nexdiag.agent.child import Child
from nexdiag.agent.executors import dialect as dialects
from nexdiag.agent.executors import kept as keeping
from nexdiag.agent.executors.dialect import Call, Dialect, Ran, Reader
from nexdiag.agent.executors.recap import with_recap
from nexdiag.agent.progress import (
    Progress,
    Repaired,
    Tell,
    ToolRan,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    UsageTold,
    Waiting,
)
from nexdiag.agent.session.conversation import Conversation
from nexdiag.agent.tools.output import head_tail, utf8
from nexdiag.agent.tools.processes import GRACE
from nexdiag.agent.tools.toolbox import CAP
from nexdiag.core.message import Message, Reply
from nexdiag.core.turn import ToolRun, Turn

HINT = 20.0
"""Seconds of silence after which that is told."""
QUIET = 1800.0
"""Seconds of silence after which a CLI is taken for dead; it runs tools of its own, which may take long."""
LAST = 5.0
"""Seconds for a CLI to end by itself after its last line."""
LONGEST_REPLY = 1_000_000
"""Characters of an answer that are kept."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a CLI is waited for, in seconds."""

    hint: float = HINT
    quiet: float = QUIET
    last: float = LAST
    grace: float = GRACE


class _Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of the CLI came to."""

    reader: Reader
    error: str | None
    words: str
    """All that it said is wrong, to find out whether its session is lost."""


class CliExecutor:
    """An executor that is a program."""

    def __init__(  # noqa: PLR0913 - every outside thing is an argument
        self,
        dialect: Dialect,
        program: str,
        call: Call,
        conversation: Conversation | None,
        tell: Tell,
        *,
        environment: Mapping[str, str],
        workspace: Path,
        clock: Callable[[], float] = time.time,
        patience: Patience | None = None,
    ) -> None:
        """Go on from what the conversation holds; `program` is the path of the CLI."""
        self.turns = conversation.turns if conversation is not None else 0
        self.trouble: str | None = None
        """What a listener raised when it was told, the first time. The turn went on."""
        self._dialect = dialect
        self._program = program
        self._call = call
        self._journal = conversation.journal if conversation is not None else None
        self._messages = list(conversation.messages) if conversation is not None else []
        self._directory = conversation.directory if conversation is not None else None
        self._kept = keeping.read(self._directory, dialect.program)
        self._listener = tell
        self._environment = dict(environment)
        self._workspace = workspace
        self._clock = clock
        self._patience = patience or Patience()
        self._begun: dict[str, float] = {}
        self._runs: list[ToolRun] = []
        self._remarks: set[str] = set()

    async def say(self, text: str, *, request_id: str | None = None, said: bool = False) -> Turn:
        """Play one turn. On cancellation the CLI is ended and the turn closed first, then the cancellation goes on.

        `said`: the conversation already ends with this question, from before a crash. The CLI is asked again.
        """
        self.turns += 1
        self._runs, self._begun = [], {}
        turn = Turn(number=self.turns, said=text, started=self._clock(), outcome="unfinished")
        self._tell(TurnStarted(turn=turn))
        if not said:
            self._keep(Message(role="user", content=text), request_id)
        try:
            outcome = await self._ask(text)
        except asyncio.CancelledError:
            self._close(turn, outcome="cancelled", error="cancelled")
            raise
        reader = outcome.reader
        if outcome.error is not None:
            return self._close(turn, outcome="failed", error=outcome.error, reader=reader)
        answer = head_tail(utf8(reader.reply or ""), LONGEST_REPLY)
        message = Message(role="assistant", content=answer)
        reply = Reply(message=message, finish_reason="stop", usage=reader.usage, model=self._call.model)
        self._keep(message, request_id, reply)
        self._tell(UsageTold(usage=reader.usage, used=reader.used, window=reader.window))
        return self._close(turn, outcome="answered", reply=answer, reader=reader)

    async def close(self) -> None:
        """Nothing is left between two turns: each has a process of its own."""

    async def _ask(self, text: str) -> _Outcome:
        """Run the CLI; a second time, in a new session, if it has lost the one that it was to go on with."""
        session = self._kept.session
        outcome = await self._run(text, session)
        if outcome.error is None or session is None or not self._dialect.lost(outcome.words):
            return outcome
        self._keep_session(keeping.Kept(executor=self._dialect.program))
        name = self._dialect.program
        self._tell(Repaired(what=f"{name} no longer has its session {session}: it begins anew, and is told what was"))
        return await self._run(text, None)

    async def _run(self, text: str, session: str | None) -> _Outcome:
        reader = self._dialect.reader(self._kept.total if session is not None else keeping.Kept(executor="").total)
        said = text
        if session is None:
            itself = bool(self._messages) and self._messages[-1].role == "user"
            said = with_recap(text, self._messages[:-1] if itself else self._messages)
        command = self._dialect.command(self._program, msgspec.structs.replace(self._call, session=session))
        with tempfile.TemporaryFile() as given:  # not a pipe: a CLI that does not read could not be written to
            given.write(utf8(said).encode())
            given.seek(0)
            try:
                child = await Child.start(
                    command, environment=self._environment, directory=self._workspace, given=given
                )
            except (OSError, ValueError) as error:
                line = f"{self._dialect.program} cannot be started: {error} (install it: {self._dialect.install})"
                return _Outcome(reader=reader, error=line, words="")
        return await self._follow(child, reader)

    async def _follow(self, child: Child, reader: Reader) -> _Outcome:
        """Read all that the CLI says, and see it end."""
        code = "unknown"
        try:
            garbage, silent = await self._read(child, reader)
            await child.ended(0 if silent else self._patience.last)
        finally:
            code = await child.end(grace=self._patience.grace)
        if reader.session is not None and keeping.fit(reader.session):
            total = reader.total
            self._keep_session(keeping.Kept(executor=self._dialect.program, session=reader.session, total=total))
        error = dialects.why(self._dialect, reader, code=code, errors=child.errors, garbage=garbage)
        if silent:
            error = f"{self._dialect.program} said nothing for {self._patience.quiet:g} s and was ended"
        return _Outcome(reader=reader, error=error, words=f"{reader.failure or ''}\n{child.errors}")

    async def _read(self, child: Child, reader: Reader) -> tuple[str, bool]:
        """Tell what comes. Gives the first line that was none of the protocol, and whether the CLI fell silent."""
        garbage, silence = "", 0.0
        line: asyncio.Task[bytes | None] | None = None
        try:
            while silence < self._patience.quiet:
                line = line or asyncio.create_task(child.line())
                done, _ = await asyncio.wait({line}, timeout=self._patience.hint)
                if not done:
                    silence += self._patience.hint
                    self._tell(Waiting(seconds=silence, reason=f"{self._dialect.program} is silent"))
                    continue
                raw, line, silence = line.result(), None, 0.0
                if raw is None:
                    return garbage or ("a line too long to be read" if child.overlong else ""), False
                if not self._take(raw, reader) and not garbage:
                    garbage = raw[:1000].decode("utf-8", "replace").strip()
            return garbage, True
        finally:
            if line is not None:
                line.cancel()

    def _take(self, raw: bytes, reader: Reader) -> bool:
        """Tell what one line tells; whether it was one of the protocol."""
        for told in reader.read(raw):
            if isinstance(told, Ran):
                self._ran(told)
            elif isinstance(told, Repaired):
                if told.what not in self._remarks:  # the same remark comes with each turn
                    self._remarks.add(told.what)
                    self._tell(told)
            else:
                if isinstance(told, ToolStarted):
                    self._begun[told.call_id] = self._clock()
                self._tell(told)
        session = keeping.fit(reader.session)
        if session is not None and session != self._kept.session:  # at once: a turn that is cut short has it too
            self._keep_session(keeping.Kept(executor=self._dialect.program, session=session))
        return bool(dialects.fields(raw))

    def _ran(self, told: Ran) -> None:
        """A tool has run: it is journaled before anybody is told."""
        now = self._clock()
        started = self._begun.pop(told.call_id, now)
        run = ToolRun(
            call_id=told.call_id,
            name=told.name,
            arguments=told.arguments,
            output=head_tail(utf8(told.output), CAP),
            is_error=told.is_error,
            started=started,
            duration=max(now - started, 0.0),
            turn=self.turns,
        )
        if self._journal is not None:
            self._journal.tool_execution(run)
        self._runs.append(run)
        self._tell(ToolRan(run=run))

    def _keep(self, message: Message, request_id: str | None, reply: Reply | None = None) -> None:
        if self._journal is not None:
            self._journal.message(message, request_id=request_id, turn=self.turns, reply=reply)
        self._messages.append(message)

    def _keep_session(self, kept: keeping.Kept) -> None:
        if kept != self._kept:
            keeping.write(self._directory, kept)
            self._kept = kept

    def _tell(self, progress: Progress) -> None:
        """Telling never changes the work: a listener that fails is noted, and the turn goes on."""
        try:
            self._listener(progress)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the listener's own
            self.trouble = self.trouble or f"a listener failed: {error!r}"

    def _close(
        self,
        turn: Turn,
        *,
        outcome: str,
        reply: str | None = None,
        error: str | None = None,
        reader: Reader | None = None,
    ) -> Turn:
        ended = msgspec.structs.replace(
            turn,
            outcome=outcome,
            reply=reply,
            error=error,
            duration=max(self._clock() - turn.started, 0.0),
            tool_runs=tuple(self._runs),
        )
        if reader is not None:
            ended = msgspec.structs.replace(ended, usage=reader.usage)
        self._tell(TurnEnded(turn=ended))
        return ended
