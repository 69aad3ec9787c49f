"""The driver: does what the turn machine commands, in one place for all I/O of a turn.

Everything outside is handed in: client, toolbox, journal, clock, sleep, and who is told.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from nexdiag.agent.client import ChatClient
from nexdiag.agent.loop import (
    CallModel,
    Cancelled,
    Command,
    EndTurn,
    Event,
    GoOn,
    Machine,
    Replied,
    RunTools,
    Said,
    ToolsRan,
)
from nexdiag.agent.progress import (
    Progress,
    Retrying,
    Tell,
    TextDelta,
    TextTakenBack,
    ToolRan,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)
from nexdiag.codec.chat import ToolSpec
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.core.turn import ToolRun, Turn


class Tools(Protocol):
    """Runs calls: for real, or from a recording."""

    async def run(
        self, calls: Sequence[ToolCall], *, on_run: Callable[[ToolRun], None] | None = None
    ) -> tuple[ToolRun, ...]:
        """One run for each call, in their order; `on_run` hears of each as it ends. Raises nothing of its own."""


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


class Driver:
    """Plays the turns of one conversation."""

    def __init__(  # noqa: PLR0913 - every outside thing is an argument
        self,
        machine: Machine,
        client: ChatClient,
        *,
        system: str | None = None,
        tools: Tools | None = None,
        specs: Sequence[ToolSpec] = (),
        journal: Keeps | None = None,
        tell: Tell = lambda progress: None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        turns: int = 0,
    ) -> None:
        """`turns` have been played before, in an earlier life of the session."""
        self.machine = machine
        self.turns = turns
        self.trouble: str | None = None
        """What a listener raised when it was told, the first time. The turn went on."""
        self._client = client
        self._system = () if system is None else (Message(role="system", content=system),)
        self._tools = tools
        self._specs = specs
        self._journal = journal
        self._listener = tell
        self._clock = clock
        self._sleep = sleep
        self._kept = len(machine.messages)
        self._runs: list[ToolRun] = []
        self._fresh: list[ToolRun] = []
        self._usage = Usage()
        self._text_told = False

    async def say(self, text: str, *, request_id: str | None = None, said: bool = False) -> Turn:
        """Play one turn. On cancellation the turn is closed first, then the cancellation goes on.

        `said`: the conversation already ends with this question, from before a crash.
        """
        self.turns += 1
        self._runs, self._usage = [], Usage()
        turn = Turn(number=self.turns, said=text, started=self._clock(), outcome="unfinished")
        self._tell(TurnStarted(turn=turn))
        command = self._feed(GoOn() if said else Said(text=text), request_id)
        try:
            while not isinstance(command, EndTurn):
                command = self._feed(await self._do(command), request_id)
        except asyncio.CancelledError:
            self._close(turn, self._feed(Cancelled(runs=tuple(self._fresh)), request_id))
            raise
        return self._close(turn, command)

    async def close(self) -> None:
        """Close the client's connections."""
        await self._client.close()

    def _feed(self, event: Event, request_id: str | None) -> Command:
        """One event; what it adds to the conversation is journaled before anything else is done."""
        command = self.machine.feed(event)
        new = self.machine.messages[self._kept :]
        self._kept = len(self.machine.messages)
        if self._journal is None:
            return command
        if isinstance(event, Said) and not new:  # it went into a question that had found no answer
            new = [Message(role="user", content=event.text)]
        reply = event.reply if isinstance(event, Replied) else None
        for message in new:
            # A question brings an assistant message only where a turn was stopped. In the journal it would be taken
            # for an answer after a crash, and it need not stand there: resume puts it back.
            if not (isinstance(event, Said) and message.role == "assistant"):
                self._journal.message(message, request_id=request_id, turn=self.turns, reply=reply)
        return command

    async def _do(self, command: CallModel | RunTools) -> Event:
        if isinstance(command, RunTools):
            return await self._run_tools(command)
        if command.attempt > 1:
            self._tell(Retrying(attempt=command.attempt, delay=command.delay, reason=command.reason))
            if self._text_told:
                self._tell(TextTakenBack())
            await self._sleep(command.delay)
        self._text_told = False
        asked = msgspec.structs.replace(command, messages=(*self._system, *command.messages))
        event = await self._client.ask(asked, tools=self._specs, turn=self.turns, on_text=self._came)
        if isinstance(event, Replied):
            self._usage += event.reply.usage
        return event

    async def _run_tools(self, command: RunTools) -> ToolsRan:
        self._fresh = []
        for call in command.calls:
            self._tell(ToolStarted(name=call.name, arguments=call.arguments))
        if self._tools is not None:
            await self._tools.run(command.calls, on_run=self._ran)
        else:
            for call in command.calls:
                self._ran(_refused(call, self._clock()))
        runs, self._fresh = tuple(self._fresh), []
        return ToolsRan(runs=runs)

    def _came(self, text: str) -> None:
        self._text_told = True
        self._tell(TextDelta(text=text))

    def _tell(self, progress: Progress) -> None:
        """Telling never changes the work: a listener that fails is noted, and the turn goes on."""
        try:
            self._listener(progress)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the listener's own
            self.trouble = self.trouble or f"a listener failed: {error!r}"

    def _ran(self, run: ToolRun) -> None:
        """A tool has run: it is journaled before the model, or anybody else, is told."""
        run = msgspec.structs.replace(run, turn=self.turns)
        if self._journal is not None:
            self._journal.tool_execution(run)
        self._fresh.append(run)
        self._runs.append(run)
        self._tell(ToolRan(run=run))

    def _close(self, turn: Turn, command: Command) -> Turn:
        if not isinstance(command, EndTurn):
            raise TypeError(f"the turn ended with {command!r}")
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


def _refused(call: ToolCall, now: float) -> ToolRun:
    """What a call comes to where no tools were offered; models call some all the same."""
    output = f"Unknown tool: {call.name}\nhint: there are no tools in this conversation"
    return ToolRun(call_id=call.id, name=call.name, arguments=call.arguments, output=output, is_error=True, started=now)
