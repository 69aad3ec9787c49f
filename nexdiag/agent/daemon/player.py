"""Plays the turns of one chat: makes its executor when one is wanted, logs what it tells, can break a turn off."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from nexdiag.agent.executor import Executor
from nexdiag.agent.progress import (
    Compacted,
    Progress,
    Repaired,
    Retrying,
    Tell,
    TextDelta,
    ToolRan,
    TurnEnded,
    TurnStarted,
    UsageTold,
    Waiting,
)
from nexdiag.agent.session.conversation import Conversation
from nexdiag.agent.session.mailbox import Row
from nexdiag.core.message import Usage
from nexdiag.core.turn import Turn

T = TypeVar("T")
CANCELLED = "cancelled"
_SHOWN = 300

MakeExecutor = Callable[[Conversation, Tell], Awaitable[Executor]]
Report = Callable[[str, str, int | None], None]


class Player:
    """The executor of one chat, and the turn that it plays."""

    def __init__(
        self,
        number: int,
        conversation: Conversation,
        make_executor: MakeExecutor,
        report: Report,
        listeners: Sequence[Tell],
    ) -> None:
        """`report` logs a line: level, text, turn. `listeners` hear whatever the executor tells."""
        self.number = number
        self._conversation = conversation
        self._make_executor = make_executor
        self._report = report
        self._listeners = listeners
        self._executor: Executor | None = None
        self._stale = False
        self._turn: asyncio.Task[Any] | None = None
        self._ended: Turn | None = None
        """The turn that is under way, as soon as it is over."""
        self._open: str | None = None
        """The question that the conversation ends with, if it ends with one: asked again, it is not said again."""
        self._usage = Usage()
        self.doing = ""
        """What is in the way of the turn under way, if something is."""
        self._last: UsageTold | None = None

    @property
    def running(self) -> bool:
        """A turn is under way."""
        return self._turn is not None

    @property
    def model(self) -> str:
        """What the executor says that it asks; empty if it does not say, or there is none yet."""
        return str(getattr(self._executor, "model", ""))

    def spent(self) -> dict[str, Any]:
        """What the turns took, and how full the window is."""
        turns = self._executor.turns if self._executor is not None else self._conversation.turns
        used, window = (self._last.used, self._last.window) if self._last is not None else (0, None)
        return {"turns": turns, "usage": self._usage, "used": used, "window": window}

    def interrupt(self) -> bool:
        """Cancel the turn under way; False if there is none."""
        return self._turn is not None and self._turn.cancel()

    def renew(self) -> None:
        """The next turn gets a new executor."""
        self._stale = True

    async def drop(self) -> None:
        """Let go of the executor."""
        executor, self._executor = self._executor, None
        if executor is not None:
            try:
                await executor.close()
            except Exception as error:  # noqa: BLE001 - it is of no more use, whatever it says
                self._report("WARN", f"chat {self.number}: its executor did not close well: {error!r}", None)

    async def compact(self) -> str:
        """Have the executor make the conversation shorter; what came of it, in words."""
        executor = await self._ready(None)
        compact = getattr(executor, "compact", None)
        if compact is None:
            return "this chat's executor cannot make its conversation shorter"
        came = await compact()
        if isinstance(came, Compacted):
            return f"compacted ({came.how}): {came.before} tokens before, {came.after} now"
        return str(came)

    async def play(self, row: Row) -> Turn:
        """Play the question's turn. Where the daemon stops, it is stopped first, then `CancelledError` goes on."""
        making = asyncio.create_task(self._ready(row.request_id))  # it may start programs: that can be broken off
        self._turn = making
        try:
            executor = await self._outcome(making)
        finally:
            self._turn = None
        if executor is None:
            return Turn(number=self._conversation.turns + 1, said=row.content, outcome=CANCELLED, error=CANCELLED)
        begun = row.request_id is not None and row.request_id == self._open
        number = executor.turns + 1
        asked = f"chat_id={self.number}, request_id={row.request_id}"
        self._report("INFO", f"Turn {number} started: {asked}, {len(row.content)} characters", number)
        self._ended = None
        playing = asyncio.create_task(executor.say(row.content, request_id=row.request_id, said=begun))
        self._turn = playing
        try:
            turn = await self._outcome(playing)
        finally:
            self._turn = None
        turn = turn or self._ended or Turn(number=number, said=row.content, outcome=CANCELLED, error=CANCELLED)
        if self._ended is not None:  # else it was interrupted before it had begun
            self._open = None if turn.outcome == "answered" else row.request_id
        self._report(*_ending(turn, asked), turn.number)
        if executor.trouble is not None:
            self._report("WARN", f"chat {self.number}: {executor.trouble}", turn.number)
            executor.trouble = None
        return turn

    async def _ready(self, request_id: str | None) -> Executor:
        if self._stale:
            self._stale = False
            await self.drop()
        if self._executor is None:
            self._executor = await self._make_executor(self._conversation, self._tell)
            self._open = request_id if self._conversation.open_question(request_id) else None
        return self._executor

    async def _outcome(self, playing: "asyncio.Task[T]") -> T | None:
        """What it comes to when it is over; None if it was interrupted."""
        try:
            return await asyncio.shield(playing)
        except asyncio.CancelledError:
            if playing.cancelled():
                return None
            playing.cancel()
            await asyncio.wait({playing})
            if not playing.cancelled() and (error := playing.exception()) is not None:
                self._report("ERROR", f"chat {self.number}: the turn did not end well: {error!r}", None)
            raise

    def _tell(self, progress: Progress) -> None:
        """A listener that fails keeps no other from hearing; its fault goes back to the executor, which notes it."""
        number = self._executor.turns if self._executor is not None else None
        line = _line(progress)
        if line is not None:
            self._report(line[0], f"chat {self.number}: {line[1]}", number)
        if isinstance(progress, Retrying | Waiting):
            self.doing = progress.reason
        elif isinstance(progress, TextDelta | TurnStarted | TurnEnded):
            self.doing = ""
        if isinstance(progress, TurnEnded):
            self._ended = progress.turn
            self._usage += progress.turn.usage
        elif isinstance(progress, UsageTold):
            self._last = progress
        fault: Exception | None = None
        for listener in self._listeners:
            try:
                listener(progress)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the listener's own
                fault = fault or error
        if fault is not None:
            raise fault


def _line(progress: Progress) -> tuple[str, str] | None:
    """What the log says of it: level and words."""
    match progress:
        case Retrying():
            return "WARN", f"{progress.reason}. Retrying in {progress.delay:.1f}s (attempt {progress.attempt})"
        case ToolRan(run=run):
            return "INFO", f"tool {run.name} {'failed' if run.is_error else 'ran'} in {run.duration:.2f}s"
        case Waiting():
            return "INFO", f"nothing has come for {progress.seconds:.0f}s: {progress.reason}"
        case Compacted():
            return "INFO", f"compacted ({progress.how}): {progress.before} tokens before, {progress.after} now"
        case Repaired():
            return "WARN", f"repaired: {progress.what}"
    return None


def _ending(turn: Turn, asked: str) -> tuple[str, str]:
    took = f"in {turn.duration:.2f}s: {asked}"
    if turn.outcome == "answered":
        return "INFO", f"Turn {turn.number} answered {took}, {len(turn.reply or '')} characters"
    level = "INFO" if turn.outcome == CANCELLED else "ERROR"
    return level, f"Turn {turn.number} {turn.outcome} {took}: {(turn.error or '')[:_SHOWN]}"
