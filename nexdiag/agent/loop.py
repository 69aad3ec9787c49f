"""The turn machine. Pure: events in, commands out; no I/O, no clock, no async.

    state     event        next      command
    ────────────────────────────────────────────────────────────────────────────────
    IDLE      Said         ASKING    CallModel
    IDLE      GoOn         ASKING    CallModel            a crash cut the turn short: its question stands
    IDLE      GoOn         IDLE      EndTurn(answered)    only the telling of the answer was cut off
    ASKING    Replied      IDLE      EndTurn(answered)    a text came
    ASKING    Replied      RUNNING   RunTools             tool calls came, whole
    ASKING    Replied      ASKING    CallModel            nothing, or half a stream, came: again, after a wait
    ASKING    Replied      IDLE      EndTurn(failed)      the same, once too often
    ASKING    Failed       ASKING    CallModel            what may pass: again, after a wait
    ASKING    Failed       IDLE      EndTurn(failed)      what cannot pass, or once too often
    RUNNING   ToolsRan     ASKING    CallModel
    RUNNING   ToolsRan     IDLE      EndTurn(failed)      too many model calls for one turn
    any       Cancelled    IDLE      EndTurn(cancelled)

Law: after every event the conversation is one that the strictest server takes. User and assistant alternate, each
tool call is answered once, directly after the message that made it, no assistant message is empty, and what stands
in a tool call is what `calls` says every server takes back.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar

import msgspec

from nexdiag.agent import budget, calls
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
    status: int | None = None
    """Of the answer, or the code that the server told inside a stream; None if it said neither."""


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
    """Run these calls, and answer each. There may be none, if the only one was cut off."""

    calls: tuple[ToolCall, ...]


class EndTurn(msgspec.Struct, frozen=True, kw_only=True):
    """The turn is over."""

    outcome: str
    reply: str | None = None
    error: str | None = None


STOPPED = "[This turn was stopped before an answer.]"
"""Stands in the conversation for the answer of a turn that ended after its tools had run."""
INTERRUPTED = "Interrupted: the tool may have partly run."
CUT_OFF = "Not run: the answer was cut off at its token limit. Send the call again, whole, in smaller pieces."
_SAME_AGAIN = 500
"""A 500 that comes twice in the same words is no accident (a template that fails, behind llama.cpp, Ollama or a
gateway). 502, 503, 504 and 529 say that they will pass, in the same words each time."""

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
        """Go on from `messages`, which hold no open call. Calls in them that a server might refuse are mended."""
        self.messages: list[Message] = [calls.mended(message) for message in messages]
        self.phase = Phase.IDLE
        self.limits = limits or Limits()
        self._attach_warning = attach_warning
        self._calls = 0
        self._attempt = 1
        self._last_reason = ""
        self._cut: ToolCall | None = None

    def feed(self, event: Event) -> Command:
        """The one command that follows from the event. Raises `ValueError` for an event out of place."""
        take = self._TABLE.get((self.phase, type(event)))
        if take is None:
            raise ValueError(f"{type(event).__name__} cannot come while {self.phase.value}")
        return take(self, event)

    def _said(self, event: Said) -> Command:
        last = self.messages[-1] if self.messages else None
        if last is not None and last.role == "user":  # the last turn failed: its question goes along with this one
            self.messages[-1] = budget.with_text(last, event.text)
        else:
            if last is not None and last.role == "tool":  # some servers want the assistant between tool and user
                self.messages.append(Message(role="assistant", content=STOPPED))
            self.messages.append(Message(role="user", content=event.text))
        told = budget.warning(self.messages, window=self.limits.window, reserve=self.limits.reserve)
        if told is not None and budget.TAG not in self.messages[-1].text:
            self.messages = self._attach_warning(self.messages, told)
        self._calls = 0
        return self._ask()

    def _gone_on(self, _: GoOn) -> Command:
        if not self.messages:
            raise ValueError("there is nothing to go on with")
        last = self.messages[-1]
        if last.role == "assistant":
            return self._end("answered", reply=last.text)
        self._calls = 0
        return self._ask()

    def _ask(self) -> Command:
        self._calls += 1
        if self._calls > self.limits.calls:
            return self._end("failed", error=f"stopped after {self.limits.calls} model calls in one turn")
        self.phase = Phase.ASKING
        self._attempt, self._last_reason = 1, ""
        return CallModel(messages=tuple(self.messages))

    def _replied(self, event: Replied) -> Command:
        reply, message = event.reply, event.reply.message
        if event.broken is not None or not reply.complete:
            reason = event.broken or "the stream ended before the answer did"
            return self._failed(Failed(reason=reason, may_pass=True))
        if message.tool_calls:
            return self._run(reply)
        if not message.text.strip():
            return self._failed(_nothing(reply))
        self.messages.append(msgspec.structs.replace(message, role="assistant"))
        return self._end("answered", reply=message.text)

    def _run(self, reply: Reply) -> Command:
        """What is run is what was sent; what is kept is what goes back in every later request."""
        message = reply.message
        wanted = calls.told_apart(message.tool_calls, self.messages)
        content = message.content if message.text.strip() else None
        kept = msgspec.structs.replace(message, role="assistant", content=content, tool_calls=wanted)
        self.messages.append(calls.mended(kept))
        self._cut = wanted[-1] if calls.cut_off(reply) else None
        self.phase = Phase.RUNNING
        return RunTools(calls=tuple(call for call in wanted if call is not self._cut))

    def _ran(self, event: ToolsRan) -> Command:
        self._answer_calls(event.runs)
        return self._ask()

    def _answer_calls(self, runs: Sequence[ToolRun]) -> None:
        """One tool message for each call of the last message, in their order."""
        given = {run.call_id: run for run in runs}
        self.messages += [self._answer(call, given.get(call.id)) for call in self.messages[-1].tool_calls]

    def _answer(self, call: ToolCall, run: ToolRun | None) -> Message:
        """The tool message for a call; one that says so where the tool did not finish, or was not run."""
        if run is not None:
            content = run.output or "(no output)"  # some gateways refuse an empty text
            return Message(role="tool", content=content, tool_call_id=call.id, is_error=run.is_error)
        cut = self._cut is not None and self._cut.id == call.id
        return Message(role="tool", content=CUT_OFF if cut else INTERRUPTED, tool_call_id=call.id, is_error=True)

    def _failed(self, event: Failed) -> Command:
        """Once more, later; or the end, when it cannot help: a refusal, or the same refusal twice."""
        same = event.status == _SAME_AGAIN and event.reason == self._last_reason
        if not event.may_pass or same or self._attempt >= self.limits.attempts:
            return self._end("failed", error=event.reason)
        backoff = min(self.limits.first_delay * 2 ** (self._attempt - 1), self.limits.longest_delay)
        self._attempt += 1
        self._last_reason = event.reason
        delay = max(backoff, event.wait)
        return CallModel(messages=tuple(self.messages), attempt=self._attempt, delay=delay, reason=event.reason)

    def _cancelled(self, event: Cancelled) -> Command:
        if self.phase is Phase.RUNNING:
            self._answer_calls(event.runs)
        return self._end("cancelled", error="cancelled")

    def _end(self, outcome: str, *, reply: str | None = None, error: str | None = None) -> EndTurn:
        self.phase = Phase.IDLE
        return EndTurn(outcome=outcome, reply=reply, error=error)

    _TABLE: ClassVar[Mapping[tuple[Phase, type], Callable[[Any, Any], Command]]] = {
        (Phase.IDLE, Said): _said,
        (Phase.IDLE, GoOn): _gone_on,
        (Phase.ASKING, Replied): _replied,
        (Phase.ASKING, Failed): _failed,
        (Phase.RUNNING, ToolsRan): _ran,
        (Phase.IDLE, Cancelled): _cancelled,
        (Phase.ASKING, Cancelled): _cancelled,
        (Phase.RUNNING, Cancelled): _cancelled,
    }


def _nothing(reply: Reply) -> Failed:
    """Why a whole reply is no answer. What would come again is not asked for again."""
    if reply.finish_reason in calls.CUT_REASONS:
        return Failed(reason="the model used up its tokens before it gave an answer (max_tokens)", may_pass=False)
    if reply.finish_reason == "content_filter":
        return Failed(reason="the server withheld the answer (content_filter)", may_pass=False)
    said = "the model thought aloud, but gave no answer" if reply.message.reasoning else "the model answered nothing"
    return Failed(reason=said, may_pass=True)
