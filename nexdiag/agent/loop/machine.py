"""The turn machine. Pure: events in, commands out; no I/O, no clock, no async.

    state        event        next         command
    ─────────────────────────────────────────────────────────────────────────────────────
    IDLE         Said         ASKING       CallModel
    IDLE         Said         SUMMARISING  Summarise            the window is nearly full
    IDLE         Said         IDLE         EndTurn(failed)      one message, longer than the whole window
    IDLE         GoOn         ASKING       CallModel            a crash cut the turn short: its question stands
    IDLE         GoOn         IDLE         EndTurn(answered)    only the telling of the answer was cut off
    IDLE         Compact      SUMMARISING  Summarise
    IDLE         Compact      IDLE         EndTurn(failed)      there is nothing to sum up
    ASKING       Replied      IDLE         EndTurn(answered)    a text came
    ASKING       Replied      RUNNING      RunTools             tool calls came, whole
    ASKING       Replied      ASKING       CallModel            nothing, or half a stream: again; cut off: continued
    ASKING       Replied      IDLE         EndTurn(failed)      nothing, or half a stream, once too often
    ASKING       Failed       ASKING       CallModel            what may pass: again, after a wait
    ASKING       Failed       SUMMARISING  Summarise            the conversation is longer than the window
    ASKING       Failed       IDLE         EndTurn(failed)      what cannot pass, or once too often; not believed
    RUNNING      ToolsRan     ASKING       CallModel
    RUNNING      ToolsRan     SUMMARISING  Summarise            the window is nearly full
    RUNNING      ToolsRan     IDLE         EndTurn(failed)      too many model calls for one turn, or it goes in circles
    SUMMARISING  Summarised   ASKING       CallModel            the conversation is shorter, or there is still room
    SUMMARISING  Summarised   SUMMARISING  Summarise            half a stream: again, after a wait; cut off: briefer
    SUMMARISING  Summarised   IDLE         EndTurn(compacted)   that was the wish
    SUMMARISING  Summarised   IDLE         EndTurn(failed)      no summary came, and without it nothing fits
    SUMMARISING  Failed       SUMMARISING  Summarise            what may pass: again; too long: with less
    SUMMARISING  Failed       ASKING       CallModel            no summary came, but there is still room
    SUMMARISING  Failed       IDLE         EndTurn(failed)      no summary came, and it was wished for, or nothing fits
    any          Cancelled    IDLE         EndTurn(cancelled)

Law: after every event the conversation is one that the strictest server takes. User and assistant alternate, each
tool call is answered once, directly after the message that made it, no assistant message is empty, and what stands
in a tool call is what `calls` says every server takes back. Before every request `normalise` looks at it again.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from nexdiag.agent.loop import budget, calls, continuation
from nexdiag.agent.loop.answers import answers
from nexdiag.agent.loop.asking import CUT, WITHHELD, Asking, Phase
from nexdiag.agent.loop.calls import CUT_OFF
from nexdiag.agent.loop.events import (
    Cancelled,
    Command,
    Compact,
    Event,
    Failed,
    GoOn,
    Joined,
    Replied,
    RunTools,
    Said,
    Summarised,
    ToolsRan,
)
from nexdiag.agent.loop.normalise import STOPPED
from nexdiag.codec import jsontext
from nexdiag.core.message import Message, Reply
from nexdiag.core.turn import ToolRun

_NOTHING_TO_SUM_UP = "there is nothing to sum up: the conversation is as short as it gets"


class Machine(Asking):
    """One conversation. Feed it events; do what it commands; drain what it records."""

    def feed(self, event: Event) -> Command:
        """The one command that follows from the event. Raises `ValueError` for an event out of place."""
        take = self._TABLE.get((self.phase, type(event)))
        if take is None:
            raise ValueError(f"{type(event).__name__} cannot come while {self.phase.value}")
        return take(self, event)

    # ---- questions

    def _said(self, event: Said) -> Command:
        text = jsontext.mend(event.text)
        window = self.limits.window or 0
        if window >= budget.SMALLEST and budget.tokens(text) > window:
            size = budget.tokens(text)
            what = f"the message takes about {size} tokens, but the context window holds {window}: it was not sent"
            return self._end("failed", error=what)
        if self.messages and self.messages[-1].role == "tool":  # some servers want the assistant between tool and user
            self._join(Message(role="assistant", content=STOPPED), implied=True)
        self._speak(text)
        self._begin()
        return self._ask()

    def _speak(self, text: str) -> None:
        """Put the question into the conversation, with a warning where one is due.

        A question that found no answer goes along with it: roles must alternate.
        """
        if self.messages and self.messages[-1].role == "user":
            self._room.meter.forget()  # it may have been counted without what now goes along with it
        spoken = self._with(text)
        told = budget.warning(
            spoken, window=self.limits.window, reserve=self.limits.reserve, used=self._room.used(spoken, self.limits)
        )
        if told is not None and budget.TAG not in spoken[-1].text:
            if self._attach_warning is budget.merge_warning:  # with the question, so that the journal has them in one
                text = f"{text}\n\n{told}"
                spoken = self._with(text)
            else:
                spoken = self._attach_warning(spoken, told)
        self.messages = spoken
        self._records.append(Joined(message=Message(role="user", content=text)))

    def _with(self, text: str) -> list[Message]:
        last = self.messages[-1] if self.messages else None
        if last is None or last.role != "user":
            return [*self.messages, Message(role="user", content=text)]
        if last.content == continuation.CONTINUE:  # it has failed; `normalise` reads a journal in the same way
            return [*self.messages[:-1], Message(role="user", content=text)]
        return [*self.messages[:-1], budget.with_text(last, text)]

    def _gone_on(self, _: GoOn) -> Command:
        if not self.messages:
            raise ValueError("there is nothing to go on with")
        last = self.messages[-1]
        if last.role == "assistant":
            return self._end("answered", reply=last.text)
        self._begin()
        self._parts = continuation.open_parts(self.messages)
        return self._ask()

    def _begin(self) -> None:
        self._calls = 0
        self._parts, self._marks = [], []
        self._in_turn = True

    # ---- requests

    def _ask(self) -> Command:
        """Ask the model, if it may still be asked; first make room, if need be."""
        self._calls += 1
        if self._calls > self.limits.calls:
            return self._end("failed", error=f"stopped after {self.limits.calls} model calls in one turn")
        self._overflows = 0
        self._must = False
        if not self._parts and self._room.due(self.messages, self.limits):
            self._clear(overflown=False)
            if self._room.due(self.messages, self.limits) and (command := self._sum_up()) is not None:
                return command
        return self._call()

    # ---- answers

    def _replied(self, event: Replied) -> Command:
        self._answered = True
        reply, message = event.reply, event.reply.message
        if event.broken is not None or not reply.complete:
            reason = event.broken or "the stream ended before the answer did"
            return self._failed(Failed(reason=reason, may_pass=True), "stream")
        if message.tool_calls:
            return self._run(reply)
        if not message.text.strip():
            return self._failed(_nothing(reply), "empty")
        self._join(msgspec.structs.replace(message, role="assistant", tool_call_id=None, is_error=False))
        self._room.meter.told(reply.usage, self.messages, self.limits.overhead)
        self._parts.append(message.text)
        if reply.finish_reason in calls.CUT_REASONS:
            return self._continue(full=reply.finish_reason == calls.FULL)
        error = WITHHELD if reply.finish_reason == calls.WITHHELD else None
        return self._end("answered", reply=continuation.joined(self._parts), error=error)

    def _continue(self, *, full: bool) -> Command:
        """The answer was cut off at its token limit: it is continued, or told as what it is."""
        crowded = full or self._room.crowded(self.messages, self.limits)
        if len(self._parts) > self.limits.continuations or crowded or self._calls >= self.limits.calls:
            return self._end("answered", reply=continuation.joined(self._parts), error=CUT)
        self._join(Message(role="user", content=continuation.CONTINUE))
        return self._ask()

    def _run(self, reply: Reply) -> Command:
        """What is run is what was sent; what is kept is what goes back in every later request."""
        message = reply.message
        wanted = calls.told_apart(message.tool_calls, self.messages)
        self._refused = {call.id: calls.too_long(call) for call in wanted if calls.oversized(call, self.limits.window)}
        if calls.cut_off(reply):
            self._refused[wanted[-1].id] = CUT_OFF if reply.finish_reason in calls.CUT_REASONS else calls.CALL_WITHHELD
        kept = [calls.shortened(call) if calls.oversized(call, self.limits.window) else call for call in wanted]
        content = message.content if message.text.strip() else None
        joined = msgspec.structs.replace(
            message, role="assistant", content=content, tool_calls=tuple(kept), tool_call_id=None, is_error=False
        )
        self._join(calls.mended(joined))
        self._room.meter.told(reply.usage, self.messages, self.limits.overhead)
        self._parts = []
        self.phase = Phase.RUNNING
        return RunTools(calls=tuple(call for call in wanted if call.id not in self._refused))

    def _ran(self, event: ToolsRan) -> Command:
        circle = self._answer_calls(event.runs)
        return self._ask() if circle is None else self._end("failed", error=circle)

    def _answer_calls(self, runs: Sequence[ToolRun]) -> str | None:
        """One tool message for each call of the last message, in their order; why to stop, if it goes in circles."""
        messages, self._marks, circle = answers(
            self.messages[-1].tool_calls, runs, self._refused, self._marks, window=self.limits.window
        )
        for message in messages:
            self._join(message)
        self._refused = {}
        return circle

    # ---- wishes, and ends

    def _wished(self, _: Compact) -> Command:
        self._in_turn, self._must = False, True
        self._room.wish()
        return self._sum_up() or self._end("failed", error=_NOTHING_TO_SUM_UP)

    def _cancelled(self, event: Cancelled) -> Command:
        if self.phase is Phase.RUNNING:
            self._answer_calls(event.runs)
        self._parts = []
        return self._end("cancelled", error="cancelled")

    _TABLE: ClassVar[Mapping[tuple[Phase, type], Callable[[Any, Any], Command]]] = {
        (Phase.IDLE, Said): _said,
        (Phase.IDLE, GoOn): _gone_on,
        (Phase.IDLE, Compact): _wished,
        (Phase.ASKING, Replied): _replied,
        (Phase.ASKING, Failed): Asking._failed,  # noqa: SLF001 - of its own base
        (Phase.RUNNING, ToolsRan): _ran,
        (Phase.SUMMARISING, Summarised): Asking._summarised,  # noqa: SLF001 - of its own base
        (Phase.SUMMARISING, Failed): Asking._unsummarised,  # noqa: SLF001 - of its own base
        (Phase.IDLE, Cancelled): _cancelled,
        (Phase.ASKING, Cancelled): _cancelled,
        (Phase.RUNNING, Cancelled): _cancelled,
        (Phase.SUMMARISING, Cancelled): _cancelled,
    }


def _nothing(reply: Reply) -> Failed:
    """Why a whole reply is no answer. What would come again is not asked for again."""
    if reply.finish_reason in calls.CUT_REASONS:
        return Failed(reason="the model used up its tokens before it gave an answer (max_tokens)", may_pass=False)
    if reply.finish_reason == calls.WITHHELD:
        return Failed(reason="the server withheld the answer (content_filter)", may_pass=False)
    said = "the model thought aloud, but gave no answer" if reply.message.reasoning else "the model answered nothing"
    return Failed(reason=said, may_pass=True)
