"""The requests of one conversation: sent, sent again, made to fit. Pure; what an answer means is `loop`'s.

Law: there is one owner of retries, and one place that makes a conversation shorter: here. Before each request the
conversation is normalised.
"""

from collections.abc import Callable, Sequence
from enum import Enum

import msgspec

from nexdiag.agent.loop import budget, calls, continuation, normalise
from nexdiag.agent.loop.attempts import Attempts, Sort
from nexdiag.agent.loop.events import (
    CallModel,
    Command,
    EndTurn,
    Failed,
    Joined,
    Limits,
    Mended,
    Record,
    Shortened,
    Summarised,
)
from nexdiag.agent.loop.room import Room
from nexdiag.codec import think
from nexdiag.core.message import Message

CUT = "the answer was cut off at its token limit (max_tokens)"
"""What is wrong with an answer that could not be brought to its end."""
WITHHELD = "the server withheld the rest of the answer (content_filter)"
_OVERFLOWS = 2
"""How often one request is made shorter because the server had no room for it: by clearing, then by summing up."""

AttachWarning = Callable[[Sequence[Message], str], list[Message]]


class Phase(Enum):
    """Where the machine is."""

    IDLE = "idle"
    ASKING = "asking"
    RUNNING = "running"
    SUMMARISING = "summarising"


class Asking:
    """The half of the turn machine that asks."""

    def __init__(
        self,
        messages: Sequence[Message] = (),
        *,
        limits: Limits | None = None,
        attach_warning: AttachWarning = budget.merge_warning,
        chance: Callable[[], float] = lambda: 0.5,
        strict: bool = False,
    ) -> None:
        """Go on from `messages`, mended where a server might refuse them.

        `chance` gives a number from 0 to 1, for the waits; the default spreads nothing. `strict` is for tests: it
        raises where a conversation of the machine's own making needs mending.
        """
        self.phase = Phase.IDLE
        self.limits = limits or Limits()
        self.messages: list[Message]
        self.messages, repairs = normalise.normalise(list(messages))
        self._records: list[Record] = [Mended(what=what) for what in repairs]
        self._attach_warning = attach_warning
        self._chance = chance
        self._strict = strict
        self._room = Room()
        self._calls = 0
        self._attempts = Attempts(self.limits, chance)
        self._request: CallModel = CallModel(messages=())
        self._refused: dict[str, str] = {}
        self._parts: list[str] = []
        self._marks: list[str] = []
        self._lawful = 0
        """Where the question stands up to which the conversation is known to be in order."""
        self._overflows = 0
        self._in_turn = False
        self._must = False
        self._answered = False
        """Whether the server has answered anything: only then is it away, and not just missing."""

    @property
    def idle(self) -> bool:
        """Whether no turn is being played."""
        return self.phase is Phase.IDLE

    @property
    def used(self) -> int:
        """Tokens of the window that the next request takes: counted by the server as far as it does, then estimated."""
        return self._room.meter.used(self.messages, self.limits.overhead)

    def drain(self) -> tuple[Record, ...]:
        """What became of the conversation since the last time, in its order: for the journal, and to be told."""
        records, self._records = tuple(self._records), []
        return records

    # ---- requests

    def _call(self) -> Command:
        self._mend()
        self.phase = Phase.ASKING
        return self._first(
            CallModel(
                messages=tuple(self.messages),
                max_tokens=budget.room(self.limits.window, self.used, self.limits.reserve),
                before=continuation.joined(self._parts),
            )
        )

    def _first(self, request: CallModel) -> CallModel:
        limits = self.limits if self._answered else msgspec.structs.replace(self.limits, start_up=0.0)
        self._attempts = Attempts(limits, self._chance)
        self._request = request
        return request

    def _again(self, failed: Failed, sort: Sort) -> CallModel | None:
        """The same request once more, later; None if that cannot help."""
        delay = self._attempts.again(failed, sort)
        if delay is None:
            return None
        reason = self._attempts.reason(failed)
        return msgspec.structs.replace(self._request, attempt=self._attempts.number, delay=delay, reason=reason)

    def _mend(self) -> None:
        """Normalise. Who attaches the warning in a way of his own vouches for the conversation himself."""
        if self._attach_warning is not budget.merge_warning:
            return
        start = 0 if self._strict else min(self._lawful, len(self.messages))
        tail = self.messages[start:]
        if start and not normalise.normalise(tail)[1]:  # what comes before it was looked at already
            self._lawful = start + normalise.last_question(tail)
            return
        self.messages, repairs = normalise.normalise(self.messages, strict=self._strict)
        self._lawful = normalise.last_question(self.messages)
        self._records += [Mended(what=what) for what in repairs]
        if repairs:
            self._room.meter.forget()

    def _join(self, message: Message, *, implied: bool = False) -> None:
        self.messages.append(message)
        self._records.append(Joined(message=message, implied=implied))

    # ---- failures

    def _failed(self, event: Failed, sort: Sort = "server") -> Command:
        """Once more, later; with a shorter conversation; or the end, when it cannot help."""
        if event.overflow:
            return self._overflown(event)
        return self._again(event, sort) or self._end("failed", error=event.reason)

    def _overflown(self, event: Failed) -> Command:
        """The conversation does not fit: it is made shorter and sent again; or the end, in one clear line."""
        self.limits = self._room.learn(event, self.messages, self.limits)
        doubt = self._room.doubt(event, self.messages, self.limits)
        if doubt is not None:
            return self._end("failed", error=doubt)
        self._overflows += 1
        self._must = True
        if self._overflows <= _OVERFLOWS and not self._parts:
            if self._clear(overflown=True):
                return self._call()
            command = self._sum_up()
            if command is not None:
                return command
        return self._too_long("" if self._room.proved else event.reason)

    def _too_long(self, why: str) -> Command:
        """Give up; what is kept is such that the next question can be asked."""
        line = self._room.too_long(self.used, self.limits, why)
        short = self._room.cut(self.messages, self.limits)
        if short is not None:
            self._fold(short)
        return self._end("failed", error=line)

    # ---- room

    def _clear(self, *, overflown: bool) -> bool:
        """Clear old results of tools; whether there were any."""
        before = self.used
        shorter, ids = self._room.cleared(self.messages, self.limits, overflown=overflown)
        if not ids:
            return False
        self.messages = shorter
        self._lawful = 0
        self._room.meter.forget()
        count = len(self.messages)
        self._records.append(Shortened(before=before, after=self.used, count=count, cleared=ids))
        return True

    def _sum_up(self) -> Command | None:
        """Ask for a summary; None if none can help."""
        self._mend()
        request = self._room.request(self.messages, self.limits)
        if request is None:
            return None
        self.phase = Phase.SUMMARISING
        return self._first(request)

    def _summarised(self, event: Summarised) -> Command:
        reply = event.reply
        if event.broken is not None or not reply.complete:
            reason = event.broken or "the stream ended before the summary did"
            return self._unsummarised(Failed(reason=reason, may_pass=True), "stream")
        if reply.finish_reason in calls.CUT_REASONS:
            briefer = self._room.briefer(self._request, self.limits)
            return self._first(briefer) if briefer is not None else self._without_summary("its summary was cut off")
        if reply.finish_reason == calls.WITHHELD:
            return self._without_summary("the server withheld the rest of the summary (content_filter)")
        summary, _ = think.split(reply.message.text)  # thinking without an end is all thinking
        folded = self._room.folded(self.messages, summary, self.limits)
        if folded is None:
            return self._without_summary("its summary is hardly shorter" if summary.strip() else "no summary came")
        self._fold(folded)
        return self._call() if self._in_turn else self._end("compacted")

    def _unsummarised(self, event: Failed, sort: Sort = "server") -> Command:
        """The request for a summary failed: once more, later; or with less; or without."""
        if event.overflow:
            self.limits = self._room.learn(event, (), self.limits)
            shorter = self._room.shorter(self.messages, self._request)
            return self._first(shorter) if shorter is not None else self._without_summary(event.reason)
        return self._again(event, sort) or self._without_summary(event.reason)

    def _without_summary(self, why: str) -> Command:
        self._room.failed()
        if not self._in_turn:
            return self._end("failed", error=f"the conversation could not be summed up: {why}")
        return self._too_long(why) if self._must else self._call()

    def _fold(self, text: str) -> None:
        """From now on the text stands for the whole conversation."""
        before, count = self.used, len(self.messages)
        self._lawful = 0
        self.messages, repairs = self._room.fold(self.messages, text, self.limits)
        self._records.append(Shortened(before=before, after=self.used, count=count, summary=text))
        self._records += [Mended(what=what) for what in repairs]

    # ---- ends

    def _end(self, outcome: str, *, reply: str | None = None, error: str | None = None) -> EndTurn:
        if outcome == "failed" and self._parts:  # half an answer is better than none, if it says what it is
            outcome, reply = "answered", continuation.joined(self._parts)
            error = f"{CUT}, and could not be continued: {error}"
        self._parts = []
        self._in_turn = False
        self.phase = Phase.IDLE
        return EndTurn(outcome=outcome, reply=reply, error=error)
