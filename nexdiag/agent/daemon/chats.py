"""One worker a chat: it takes questions from the chat's mailbox, one after another, and settles each.

Whatever goes wrong settles the question with one line that says so, in the chat and in the log; the worker goes on.
"""

import asyncio
import contextlib
from collections.abc import Callable

import msgspec

from nexdiag.agent.daemon.log import DaemonLog
from nexdiag.agent.executor import Executor
from nexdiag.agent.progress import Progress, Retrying, Tell, ToolRan, TurnEnded
from nexdiag.agent.session.conversation import Conversation
from nexdiag.agent.session.mailbox import Row
from nexdiag.core.errors import NexdiagError
from nexdiag.core.turn import Turn

_LOOK = 1.0
"""Seconds between looks into the inbox when nobody calls: another program may have posted."""
_SHOWN = 300
_CANCELLED = "cancelled"

MakeExecutor = Callable[[Conversation, Tell], Executor]


class _Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a question came to."""

    text: str
    """The answer, or why there is none."""
    answered: bool


class Chat:
    """The worker of one chat."""

    def __init__(self, number: int, conversation: Conversation, make_executor: MakeExecutor, log: DaemonLog) -> None:
        """`conversation` is open and locked; the executor is made when the first question comes."""
        self.number = number
        self.conversation = conversation
        self._make_executor = make_executor
        self._log = log
        self._executor: Executor | None = None
        self._turn: asyncio.Task[Turn] | None = None
        self._ended: Turn | None = None
        """The turn that is under way, as soon as it is over."""
        self._open: str | None = None
        """The question that the conversation ends with, if it ends with one: asked again, it is not said again."""
        self._called = asyncio.Event()
        self._settled = asyncio.Condition()
        self._verdicts: dict[int, _Verdict] = {}
        """By the question's row: what could not be written yet. To ask the model again would be the wrong way."""

    def call(self) -> None:
        """There may be a question."""
        self._called.set()

    def interrupt(self) -> bool:
        """Cancel the turn under way; False if there is none."""
        return self._turn is not None and self._turn.cancel()

    async def run(self) -> None:
        """Settle questions until cancelled."""
        try:
            while True:
                self._called.clear()
                try:
                    for row in self.conversation.mailbox.pending():
                        await self._settle(row)
                except NexdiagError as error:  # the mailbox cannot be read or written: look again later
                    self._report("ERROR", f"chat {self.number}: {error.what}")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK):
                        await self._called.wait()
        finally:
            await self._drop_executor()

    async def wait_reply(self, request_id: str, timeout: float) -> Row | None:  # noqa: ASYNC109 - a client's wish
        """What came of a question: at once if it is settled, else when it is; None after `timeout` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout), self._settled:
                await self._settled.wait_for(lambda: self._came_of(request_id) is not None)
        return self._came_of(request_id)

    def knows(self, request_id: str) -> bool:
        """Whether such a question was ever asked here."""
        mailbox = self.conversation.mailbox
        asked = any(row.request_id == request_id for row in mailbox.questions())
        return asked or mailbox.reply(request_id) is not None

    def _came_of(self, request_id: str) -> Row | None:
        """None while it waits, also where it waits for the second time: then its old error is no outcome."""
        mailbox = self.conversation.mailbox
        waits = any(row.request_id == request_id for row in mailbox.pending())
        return None if waits else mailbox.reply(request_id)

    async def _settle(self, row: Row) -> None:
        verdict = self._verdicts.pop(row.id, None) or await self._verdict(row)
        settle = self.conversation.mailbox.answer if verdict.answered else self.conversation.mailbox.fail
        try:
            settle(row, verdict.text)
        except NexdiagError:
            self._verdicts[row.id] = verdict
            raise
        async with self._settled:
            self._settled.notify_all()

    async def _verdict(self, row: Row) -> _Verdict:
        """Play the question's turn. Raises nothing but `CancelledError`, when the daemon stops: the question stays."""
        given = self.conversation.given_answer(row.request_id)
        if given is not None:  # only the telling of it was cut off
            return _Verdict(text=given, answered=True)
        try:
            turn = await self._play(row)
        except NexdiagError as error:
            said, why = error.what, f"{error.what} ({error.hint})" if error.hint else error.what
        except Exception as error:  # noqa: BLE001 - a fault of ours must not take the daemon along
            said = f"internal error: {error!r}"
            why = f"{said} (see: nexdiag service logs)"
        else:
            if turn.outcome == "answered" and turn.reply is not None:
                return _Verdict(text=turn.reply, answered=True)
            return _Verdict(text=turn.error or turn.outcome, answered=False)
        self._report("ERROR", f"chat {self.number}: {said}")
        await self._drop_executor()  # the next question gets a new one, on what the journal holds by then
        return _Verdict(text=why, answered=False)

    async def _play(self, row: Row) -> Turn:
        if self._executor is None:
            self._executor = self._make_executor(self.conversation, self._tell)
            self._open = row.request_id if self.conversation.open_question(row.request_id) else None
        executor = self._executor
        begun = row.request_id is not None and row.request_id == self._open
        number = executor.turns + 1
        asked = f"chat_id={self.number}, request_id={row.request_id}"
        self._report("INFO", f"Turn {number} started: {asked}, {len(row.content)} characters", number)
        self._turn = asyncio.create_task(executor.say(row.content, request_id=row.request_id, said=begun))
        self._ended = None
        try:
            turn = await self._outcome(self._turn)
        finally:
            self._turn = None
        turn = turn or self._ended or Turn(number=number, said=row.content, outcome=_CANCELLED, error=_CANCELLED)
        if self._ended is not None:  # else it was interrupted before it had begun
            self._open = None if turn.outcome == "answered" else row.request_id
        self._report(*_ending(turn, asked), turn.number)
        if executor.trouble is not None:
            self._report("WARN", f"chat {self.number}: {executor.trouble}", turn.number)
            executor.trouble = None
        return turn

    async def _outcome(self, playing: "asyncio.Task[Turn]") -> Turn | None:
        """The turn when it is over; None if it was interrupted. Where the daemon stops, the turn is stopped first."""
        try:
            return await asyncio.shield(playing)
        except asyncio.CancelledError:
            if playing.cancelled():
                return None
            playing.cancel()
            await asyncio.wait({playing})
            if not playing.cancelled() and (error := playing.exception()) is not None:
                self._report("ERROR", f"chat {self.number}: the turn did not end well: {error!r}")
            raise

    async def _drop_executor(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            await executor.close()

    def _tell(self, progress: Progress) -> None:
        number = self._executor.turns if self._executor is not None else None
        if isinstance(progress, Retrying):
            again = f"Retrying in {progress.delay:.1f}s (attempt {progress.attempt})"
            self._report("WARN", f"chat {self.number}: {progress.reason}. {again}", number)
        elif isinstance(progress, ToolRan):
            run = progress.run
            how = "failed" if run.is_error else "ran"
            self._report("INFO", f"chat {self.number}: tool {run.name} {how} in {run.duration:.2f}s", number)
        elif isinstance(progress, TurnEnded):
            self._ended = progress.turn

    def _report(self, level: str, text: str, turn: int | None = None) -> None:
        self._log.write(level, text, turn=turn)


def _ending(turn: Turn, asked: str) -> tuple[str, str]:
    took = f"in {turn.duration:.2f}s: {asked}"
    if turn.outcome == "answered":
        return "INFO", f"Turn {turn.number} answered {took}, {len(turn.reply or '')} characters"
    level = "INFO" if turn.outcome == _CANCELLED else "ERROR"
    return level, f"Turn {turn.number} {turn.outcome} {took}: {(turn.error or '')[:_SHOWN]}"
