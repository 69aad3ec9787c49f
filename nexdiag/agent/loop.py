"""The turn machine. Pure: events in, commands out; no I/O, no clock, no async.

    state     event        next      command
    ────────────────────────────────────────────────────────────────────────────────
    IDLE      Said         ASKING    CallModel
    IDLE      GoOn         ASKING    CallModel                a crash cut the turn short: its question stands
    IDLE      GoOn         IDLE      EndTurn(answered)        only the telling of the answer was cut off
    ASKING    Replied      IDLE      EndTurn(answered)        a text came
    ASKING    Replied      RUNNING   RunTools                 tool calls came, whole
    ASKING    Replied      ASKING    CallModel                nothing, or half a stream, came: again
    ASKING    Failed       ASKING    CallModel(after a wait)  what may pass
    ASKING    Failed       IDLE      EndTurn(failed)          what cannot
    RUNNING   ToolsRan     ASKING    CallModel
    any       Cancelled    IDLE      EndTurn(cancelled)

Law: after every event the conversation is one that the strictest server takes. User and assistant alternate, each
tool call is answered once, directly after the message that made it, and no assistant message is empty.
"""

from collections.abc import Callable, Sequence
from enum import Enum

import msgspec

from nexdiag.agent import budget
from nexdiag.core.message import Message, Reply, ToolCall
from nexdiag.core.turn import ToolRun


class Phase(Enum):
    """Where the machine is."""

    IDLE = "idle"
    ASKING = "asking"
    RUNNING = "running"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """The user said something."""

    text: str


class GoOn(msgspec.Struct, frozen=True, kw_only=True):
    """Take up the turn that the conversation ends with: its question was said in an earlier life."""


class Replied(msgspec.Struct, frozen=True, kw_only=True):
    """The model answered, or its stream ended before it had."""

    reply: Reply
    broken: str | None = None
    """Why the reply is not whole."""


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """The request failed before any answer."""

    reason: str
    """One line, with the server's own words."""
    may_pass: bool
    """Worth sending again: a busy server, a dropped connection. Never a refusal."""
    wait: float = 0.0
    """Seconds that the server asked for."""


class ToolsRan(msgspec.Struct, frozen=True, kw_only=True):
    """Every tool of the last command has run."""

    runs: tuple[ToolRun, ...]


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """The user, or a shutdown, stopped the turn."""

    runs: tuple[ToolRun, ...] = ()
    """The tools that had run by then."""


Event = Said | GoOn | Replied | Failed | ToolsRan | Cancelled


class CallModel(msgspec.Struct, frozen=True, kw_only=True):
    """Send the conversation."""

    messages: tuple[Message, ...]
    attempt: int = 1
    delay: float = 0.0
    """Seconds to wait first."""
    reason: str = ""
    """For attempt 2 and later: why the last one failed."""


class RunTools(msgspec.Struct, frozen=True, kw_only=True):
    """Run these calls, and answer each."""

    calls: tuple[ToolCall, ...]


class EndTurn(msgspec.Struct, frozen=True, kw_only=True):
    """The turn is over."""

    outcome: str
    reply: str | None = None
    error: str | None = None


STOPPED = "[This turn was stopped before an answer.]"
"""Stands in the conversation for the answer of a turn that ended after its tools had run."""

Command = CallModel | RunTools | EndTurn
AttachWarning = Callable[[Sequence[Message], str], list[Message]]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far a turn may go."""

    window: int | None = None
    reserve: int = 0
    """Tokens kept free for the answer."""
    calls: int = 200
    """Model calls in one turn."""
    attempts: int = 4
    """Requests for one answer, all in all."""
    first_delay: float = 0.5
    longest_delay: float = 30.0


class Machine:
    """One conversation. Feed it events; do what it commands."""

    def __init__(
        self,
        messages: Sequence[Message] = (),
        *,
        limits: Limits | None = None,
        attach_warning: AttachWarning = budget.merge_warning,
    ) -> None:
        """Go on from `messages`, which hold no open call."""
        self.messages: list[Message] = list(messages)
        self.phase = Phase.IDLE
        self.limits = limits or Limits()
        self._attach_warning = attach_warning
        self._calls = 0
        self._attempt = 1
        self._last_reason = ""

    def feed(self, event: Event) -> Command:
        """The one command that follows from the event. Raises `ValueError` for an event out of place."""
        if isinstance(event, Cancelled):
            return self._cancelled(event)
        step = _TABLE.get((self.phase, type(event)))
        if step is None:
            raise ValueError(f"{type(event).__name__} cannot come while {self.phase.value}")
        return step(self, event)

    def _said(self, event: Said) -> Command:
        self._calls = 0
        last = self.messages[-1] if self.messages else None
        if last is not None and last.role == "user":  # the last turn failed: its question goes along with this one
            self.messages[-1] = msgspec.structs.replace(last, content=f"{last.text}\n\n{event.text}")
        else:
            if last is not None and last.role == "tool":  # some servers want the assistant between tool and user
                self.messages.append(Message(role="assistant", content=STOPPED))
            self.messages.append(Message(role="user", content=event.text))
        told = budget.warning(self.messages, window=self.limits.window, reserve=self.limits.reserve)
        if told is not None and told not in self.messages[-1].text:
            self.messages = self._attach_warning(self.messages, told)
        return self._ask()

    def _gone_on(self, event: GoOn) -> Command:
        del event
        self._calls = 0
        last = self.messages[-1] if self.messages else None
        if last is None:
            raise ValueError("there is nothing to go on with")
        if last.role == "assistant":
            return self._end("answered", reply=last.text)
        return self._ask()

    def _ask(self) -> Command:
        self._calls += 1
        if self._calls > self.limits.calls:
            return self._end("failed", error=f"stopped after {self.limits.calls} model calls in one turn")
        self.phase = Phase.ASKING
        self._attempt, self._last_reason = 1, ""
        return CallModel(messages=tuple(self.messages))

    def _replied(self, event: Replied) -> Command:
        message = event.reply.message
        if event.broken is not None or not event.reply.complete:
            return self._again(event.broken or "the stream ended before the answer did", may_pass=True)
        if message.tool_calls:
            return self._run(message)
        if not message.text.strip():
            return self._again("the model answered with nothing", may_pass=True)
        self.messages.append(message)
        return self._end("answered", reply=message.text)

    def _run(self, message: Message) -> Command:
        message = msgspec.structs.replace(message, tool_calls=self._with_own_ids(message.tool_calls))
        self.messages.append(message)
        self.phase = Phase.RUNNING
        return RunTools(calls=message.tool_calls)

    def _with_own_ids(self, calls: tuple[ToolCall, ...]) -> tuple[ToolCall, ...]:
        """Calls whose ids are told apart over the whole conversation; some servers send none, or start again at 0."""
        taken = {call.id for message in self.messages for call in message.tool_calls}
        kept = []
        for call in calls:
            name = call.id
            while not name or name in taken:
                name = f"call_{len(taken)}_{len(kept)}" if name != f"call_{len(taken)}_{len(kept)}" else f"{name}_again"
            taken.add(name)
            kept.append(msgspec.structs.replace(call, id=name))
        return tuple(kept)

    def _ran(self, event: ToolsRan) -> Command:
        self._answer_calls(event.runs)
        return self._ask()

    def _answer_calls(self, runs: Sequence[ToolRun]) -> None:
        """One tool message for each call of the last message, in their order."""
        given = {run.call_id: run for run in runs}
        self.messages += [_answer(call, given.get(call.id)) for call in self.messages[-1].tool_calls]

    def _failed(self, event: Failed) -> Command:
        return self._again(event.reason, may_pass=event.may_pass, wait=event.wait)

    def _again(self, reason: str, *, may_pass: bool, wait: float = 0.0) -> Command:
        """Once more, later; or the end, when it cannot help: a refusal, or the same refusal twice."""
        repeated = reason == self._last_reason and "HTTP 5" in reason  # deterministic, though it came as a 5xx
        if not may_pass or repeated or self._attempt >= self.limits.attempts:
            return self._end("failed", error=reason)
        backoff = min(self.limits.first_delay * 2 ** (self._attempt - 1), self.limits.longest_delay)
        self._attempt += 1
        self._last_reason = reason
        delay = max(backoff, wait)
        return CallModel(messages=tuple(self.messages), attempt=self._attempt, delay=delay, reason=reason)

    def _cancelled(self, event: Cancelled) -> Command:
        if self.phase is Phase.RUNNING:
            self._answer_calls(event.runs)
        return self._end("cancelled", error="cancelled")

    def _end(self, outcome: str, *, reply: str | None = None, error: str | None = None) -> EndTurn:
        self.phase = Phase.IDLE
        return EndTurn(outcome=outcome, reply=reply, error=error)


def _answer(call: ToolCall, run: ToolRun | None) -> Message:
    """The tool message for a call; one that says so where the tool did not finish."""
    if run is None:
        text = "Interrupted: the tool may have partly run."
        return Message(role="tool", content=text, tool_call_id=call.id, is_error=True)
    return Message(role="tool", content=run.output, tool_call_id=call.id, is_error=run.is_error)


_TABLE: dict[tuple[Phase, type[Event]], Callable[[Machine, Event], Command]] = {
    (Phase.IDLE, Said): Machine._said,  # type: ignore[dict-item]  # noqa: SLF001 - the table is the machine
    (Phase.IDLE, GoOn): Machine._gone_on,  # type: ignore[dict-item]  # noqa: SLF001
    (Phase.ASKING, Replied): Machine._replied,  # type: ignore[dict-item]  # noqa: SLF001
    (Phase.ASKING, Failed): Machine._failed,  # type: ignore[dict-item]  # noqa: SLF001
    (Phase.RUNNING, ToolsRan): Machine._ran,  # type: ignore[dict-item]  # noqa: SLF001
}
