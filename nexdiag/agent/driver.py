"""The driver: does what the turn machine commands, in one place for all I/O of a turn.

Everything outside is handed in: client, toolbox, journal, clock, sleep, and who is told.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from nexdiag.agent.client.visible import UNCLOSED
from nexdiag.agent.loop import (
    CallModel,
    Cancelled,
    Command,
    Compact,
    EndTurn,
    Event,
    Failed,
    GoOn,
    Joined,
    Machine,
    Mended,
    Record,
    Replied,
    RunTools,
    Said,
    Shortened,
    Summarise,
    Summarised,
    ToolsRan,
    budget,
)
from nexdiag.agent.loop.calls import CUT_REASONS
from nexdiag.agent.progress import (
    Compacted,
    Progress,
    Repaired,
    Retrying,
    Tell,
    ToolRan,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    UsageTold,
    Waiting,
)
from nexdiag.agent.telling import Telling
from nexdiag.codec.chat import Delta, ToolSpec
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.core.turn import ToolRun, Turn


class Model(Protocol):
    """Asks a model: the client, or a double of it."""

    async def ask(  # noqa: PLR0913 - what is asked, for whom, and who is told
        self,
        command: CallModel,
        *,
        tools: Sequence[ToolSpec] = (),
        turn: int | None = None,
        question: str | None = None,
        on_delta: Callable[[Delta], None] = ...,
        on_wait: Callable[[float, str], None] = ...,
    ) -> Replied | Failed:
        """Send the conversation; tell what comes, and each wait; give the reply, or why there is none."""

    async def close(self) -> None:
        """Close the connections."""


class Tools(Protocol):
    """Runs calls: for real, or from a recording."""

    async def run(
        self, calls: Sequence[ToolCall], *, on_run: Callable[[ToolRun], None] | None = None
    ) -> tuple[ToolRun, ...]:
        """One run for each call, in their order; `on_run` hears of each as it ends. Raises nothing of its own."""

    async def close(self) -> None:
        """Let go of what runs in the background."""


class Keeps(Protocol):
    """Keeps what becomes part of the conversation: the session's journal."""

    def message(
        self,
        message: Message,
        *,
        request_id: str | None = None,
        turn: int | None = None,
        reply: Reply | None = None,
    ) -> None:
        """A message has become part of the conversation; `reply` is what it came in, if a model said it."""

    def tool_execution(self, run: ToolRun) -> None:
        """A tool has run."""

    def compacted(self, record: Shortened, *, turn: int | None = None) -> None:
        """The conversation was made shorter: by a summary of all that is kept so far, or by clearing results."""


class Driver:
    """Plays the turns of one conversation."""

    def __init__(  # noqa: PLR0913 - every outside thing is an argument
        self,
        machine: Machine,
        client: Model,
        *,
        system: str | None = None,
        tools: Tools | None = None,
        specs: Sequence[ToolSpec] = (),
        journal: Keeps | None = None,
        tell: Tell = lambda progress: None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        turns: int = 0,
        model: str = "",
    ) -> None:
        """`turns` have been played before, in an earlier life of the session; `model` is who is asked."""
        self.machine = machine
        self.turns = turns
        self.model = model
        self.tools = tools
        self.trouble: str | None = None
        """What a listener raised when it was told, the first time. The turn went on."""
        self._client = client
        self._system = () if system is None else (Message(role="system", content=system),)
        self._specs = specs
        self._journal = journal
        self._listener = tell
        self._clock = clock
        self._sleep = sleep
        self._runs: list[ToolRun] = []
        self._fresh: list[ToolRun] | None = None
        self._usage = Usage()
        self._telling = Telling(self._tell)
        self._asking: asyncio.Task[Event] | None = None
        self._interrupted = False
        self._question: str | None = None
        if not machine.limits.overhead:
            extra = budget.overhead(system, specs)
            machine.limits = msgspec.structs.replace(machine.limits, overhead=extra)

    async def say(self, text: str, *, request_id: str | None = None, said: bool = False) -> Turn:
        """Play one turn. On cancellation the turn is closed first, then the cancellation goes on.

        `said`: the conversation already ends with this question, from before a crash.
        """
        self.turns += 1
        self._runs, self._usage = [], Usage()
        turn = Turn(number=self.turns, said=text, started=self._clock(), outcome="unfinished")
        self._tell(TurnStarted(turn=turn))
        try:
            ended = await self._play(GoOn() if said else Said(text=text), request_id)
        except asyncio.CancelledError:
            self._close(turn, self._stop(request_id))
            raise
        return self._close(turn, ended)

    async def compact(self) -> Compacted | str:
        """Make the conversation shorter, as the user wishes; how much shorter it is, or why it is not.

        Between turns only. What is told on the way is what a turn tells; no turn begins or ends.
        """
        if not self.machine.idle:
            return "a turn is being played: compact when it is over"
        before = self.machine.used
        try:
            ended = await self._play(Compact(), None)
        except asyncio.CancelledError:
            self._stop(None)
            raise
        if ended.outcome != "compacted":
            return ended.error or ended.outcome
        return Compacted(before=before, after=self.machine.used, how="summarised")

    def interrupt(self) -> None:
        """Stop the turn gently: a request is broken off, tools that run may end; then the turn ends as cancelled."""
        self._interrupted = True
        if self._asking is not None:
            self._asking.cancel()

    async def close(self) -> None:
        """Close the client's connections, and end what tools left running."""
        try:
            await self._client.close()
        finally:
            if self.tools is not None:
                await self.tools.close()

    async def _play(self, event: Event, request_id: str | None) -> EndTurn:
        """Do what the machine commands, until it ends the turn."""
        self._interrupted = False
        self._question = request_id
        command = self._feed(event, request_id)
        while not isinstance(command, EndTurn):
            command = self._feed(Cancelled() if self._interrupted else await self._do(command), request_id)
        return command

    def _stop(self, request_id: str | None) -> EndTurn:
        """This task was cancelled: the machine hears of it, and what tools have done by now is kept."""
        runs, self._fresh = tuple(self._fresh or ()), None
        command = self._feed(Cancelled(runs=runs), request_id)
        if not isinstance(command, EndTurn):
            raise TypeError(f"the turn ended with {command!r}")
        return command

    def _feed(self, event: Event, request_id: str | None) -> Command:
        """One event; what it does to the conversation is journaled before anything else is done."""
        command = self.machine.feed(event)
        for record in self.machine.drain():
            self._keep(record, event, command, request_id)
        if isinstance(event, Replied | Summarised) and event.broken is None:
            window = self.machine.limits.window
            self._tell(UsageTold(usage=event.reply.usage, used=self.machine.used, window=window))
        return command

    def _keep(self, record: Record, event: Event, command: Command, request_id: str | None) -> None:
        if isinstance(record, Mended):
            self._tell(Repaired(what=record.what))
            return
        if isinstance(record, Shortened):
            if self._journal is not None:
                self._journal.compacted(record, turn=self.turns)
            how = "summarised" if record.summary else "pruned"
            self._tell(Compacted(before=record.before, after=record.after, how=how))
            return
        if self._journal is not None and not record.implied:
            reply = _journaled(record, event, command)
            self._journal.message(record.message, request_id=request_id, turn=self.turns, reply=reply)

    async def _do(self, command: CallModel | RunTools) -> Event:
        if isinstance(command, RunTools):
            return await self._run_tools(command)
        attempt = asyncio.create_task(self._attempt(command))
        self._asking = attempt
        try:
            return await attempt
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._interrupted and task is not None and not task.cancelling():
                return Cancelled()
            raise
        finally:
            self._asking = None

    async def _attempt(self, command: CallModel) -> Event:
        """One request, after its wait: in a task of its own, so that an interrupt breaks off nothing else."""
        if command.attempt > 1:
            self._tell(Retrying(attempt=command.attempt, delay=command.delay, reason=command.reason))
            self._telling.again(command)
            await self._sleep(command.delay)
        self._telling.begin(command)
        asked = msgspec.structs.replace(command, messages=(*self._system, *command.messages))
        event = await self._client.ask(
            asked,
            tools=self._specs,
            turn=self.turns,
            question=self._question,
            on_delta=self._telling.came,
            on_wait=self._waits,
        )
        if isinstance(event, Failed):
            return event
        self._usage += event.reply.usage
        for repair in event.repairs:
            self._tell(Repaired(what=repair))
        if event.broken is None:
            self._telling.end()
        if isinstance(command, Summarise):
            thought = UNCLOSED if UNCLOSED in event.repairs else None  # no summary: the model never came to it
            return Summarised(reply=event.reply, broken=event.broken or thought)
        return event

    async def _run_tools(self, command: RunTools) -> ToolsRan:
        fresh: list[ToolRun] = []
        self._fresh = fresh
        for call in command.calls:
            self._tell(ToolStarted(name=call.name, arguments=call.arguments, call_id=call.id))

        def heard(run: ToolRun) -> None:  # of this command, however late it comes
            self._ran(run, fresh)

        if self.tools is not None:
            await self.tools.run(command.calls, on_run=heard)
        else:
            for call in command.calls:
                heard(_refused(call, self._clock()))
        self._fresh = None
        return ToolsRan(runs=tuple(fresh))

    def _waits(self, seconds: float, reason: str) -> None:
        self._tell(Waiting(seconds=seconds, reason=reason))

    def _tell(self, progress: Progress) -> None:
        """Telling never changes the work: a listener that fails is noted, and the turn goes on."""
        try:
            self._listener(progress)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the listener's own
            self.trouble = self.trouble or f"a listener failed: {error!r}"

    def _ran(self, run: ToolRun, fresh: list[ToolRun]) -> None:
        """A tool has run: it is journaled before the model, or anybody else, is told.

        One that ends after its turn was stopped is too late: its call is answered already, as interrupted.
        """
        if self._fresh is not fresh:
            return
        run = msgspec.structs.replace(run, turn=self.turns)
        if self._journal is not None:
            self._journal.tool_execution(run)
        fresh.append(run)
        self._runs.append(run)
        self._tell(ToolRan(run=run))

    def _close(self, turn: Turn, command: EndTurn) -> Turn:
        ended = msgspec.structs.replace(
            turn,
            outcome=command.outcome,
            reply=command.reply,
            error=command.error,
            duration=max(self._clock() - turn.started, 0.0),
            tool_runs=tuple(self._runs),
            usage=self._usage,
        )
        self._tell(TurnEnded(turn=ended))
        return ended


def _journaled(record: Joined, event: Event, command: Command) -> Reply | None:
    """What stands beside a message in the journal: the reply that it came in.

    An answer that ends at the token limit ends there for good when its turn does: else it would count as open.
    """
    if record.message.role != "assistant" or not isinstance(event, Replied):
        return None
    if isinstance(command, EndTurn) and event.reply.finish_reason in CUT_REASONS:
        return msgspec.structs.replace(event.reply, finish_reason=None)
    return event.reply


def _refused(call: ToolCall, now: float) -> ToolRun:
    """What a call comes to where no tools were offered; models call some all the same."""
    output = f"Unknown tool: {call.name}\nhint: there are no tools in this conversation"
    return ToolRun(call_id=call.id, name=call.name, arguments=call.arguments, output=output, is_error=True, started=now)
