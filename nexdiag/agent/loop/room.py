"""The room in the context window: how full it is, and what makes it emptier. Pure; the machine decides what follows.

What is known of the window is learned here too, from the numbers of a server that refuses a conversation as too long.
A refusal without numbers teaches nothing: a gateway that says 413 may mean its own limit, or nothing at all.
"""

from collections.abc import Sequence

import msgspec

from nexdiag.agent.loop import budget, compaction
from nexdiag.agent.loop.events import CallModel, Failed, Limits, Summarise
from nexdiag.agent.loop.squeeze import Squeeze
from nexdiag.core.message import Message

_LEAST = 64
"""A window below this is not believed."""
_FACTOR = 4
"""By which an estimate may be wrong: a number that is further from it is not believed."""
_TOO_MUCH = 0.9
"""Of what was refused without a window, this much may fit."""
_DOUBTED = 0.5
"""Share of the window below which a refusal without any number is not believed."""
_COMMON = 4096
"""Tokens of the smallest window that servers begin with, where none is known."""
_HALF = 0.5
_COULD_NOT = "(What was said did not fit the context window, and could not be summed up.)"
_WAS_CUT = "a message of the user was cut, for it does not fit the context window"


class Room:
    """The context window of one conversation."""

    def __init__(self) -> None:
        """Nothing has been counted, nothing compacted."""
        self.meter = budget.Meter()
        self._squeeze = Squeeze()
        self._needed: int | None = None
        self._share = _DOUBTED
        """Of the window: what the refused conversation must take at least for the refusal to be believed."""
        self._configured: int | None = None
        self._learned: int | None = None

    def used(self, messages: Sequence[Message], limits: Limits) -> int:
        """Tokens that a request with these messages takes."""
        return self.meter.used(messages, limits.overhead)

    def due(self, messages: Sequence[Message], limits: Limits) -> bool:
        """Whether the conversation should be made shorter before the next request."""
        return self._squeeze.due(self.used(messages, limits), limits.window)

    def crowded(self, messages: Sequence[Message], limits: Limits) -> bool:
        """Whether so little is left of the window that an answer should not be drawn out."""
        window = limits.window or 0
        return window >= budget.SMALLEST and self.used(messages, limits) > compaction.ceiling(window)

    # ---- what a refusal teaches

    def learn(self, failed: Failed, messages: Sequence[Message], limits: Limits) -> Limits:
        """What is known of the window, after the server had no room for `messages` (if they are given).

        Only numbers teach. The window that was configured is never exceeded; one that was learned may grow again.
        """
        used = self.used(messages, limits)
        needed = failed.needed if used // _FACTOR <= (failed.needed or 0) < budget.LARGEST else None
        window = failed.window if _LEAST <= (failed.window or 0) < budget.LARGEST else None
        if window is not None and needed is not None and needed <= window:  # the answer's tokens are not in it
            needed = None
        if messages:
            self._needed = needed or None
            self._share = 0.0 if needed else _DOUBTED if window is None else 1 / _FACTOR
            if needed:
                self.meter.counted(needed, messages)
                window = window or int(_TOO_MUCH * min(needed, limits.window or budget.LARGEST))
        if window is None:
            return limits
        if limits.window != self._learned:
            self._configured = limits.window
        window = max(window, _LEAST)
        self._learned = min(self._configured or window, window)
        return msgspec.structs.replace(limits, window=self._learned)

    @property
    def proved(self) -> bool:
        """Whether the last refusal had a number that could be true."""
        return self._share < _DOUBTED

    def doubt(self, failed: Failed, messages: Sequence[Message], limits: Limits) -> str | None:
        """Why the refusal is not believed, in the line that the user sees; None if it may be true."""
        used = self.used(messages, limits)
        if used >= (limits.window or _COMMON) * self._share:
            return None
        there = f" of {limits.window}" if limits.window else ""
        way = "; /compact makes it shorter" if len(messages) > 1 else ""
        return (
            f"the server refuses the conversation as too long, though it takes only about {used}{there} tokens "
            f"(nothing was cut{way}): {failed.reason}"
        )

    def too_long(self, used: int, limits: Limits, why: str) -> str:
        """The one line that the user sees."""
        needed = f"{self._needed}" if self._needed is not None else f"about {max(used, limits.window or 0)}"
        there = f"the context window holds {limits.window}" if limits.window else "the server has no room for it"
        reason = f": {why}" if why else ""
        return f"the conversation takes {needed} tokens, but {there}, and it could not be made shorter{reason}"

    # ---- results of tools

    def cleared(
        self, messages: Sequence[Message], limits: Limits, *, overflown: bool
    ) -> tuple[list[Message], tuple[str, ...]]:
        """The conversation without old results of tools, and whose they were; none if it would not be worth it."""
        window = limits.window or int(_TOO_MUCH * self.used(messages, limits))
        ids = compaction.clearable(messages, window, overflown=overflown)
        return compaction.cleared(messages, ids) if ids else list(messages), ids

    # ---- summaries

    def wish(self) -> None:
        """The user wants a summary: what failed before is forgotten."""
        self._squeeze.wish()

    def request(self, messages: Sequence[Message], limits: Limits) -> Summarise | None:
        """The request for a summary; None if none can help."""
        window = limits.window
        room = None if not window else window - compaction.summary_room(window) - limits.overhead
        asked = self._squeeze.begin(messages, room)
        if not asked:
            return None
        return Summarise(messages=asked, max_tokens=self._answer(asked, limits))

    def shorter(self, messages: Sequence[Message], request: CallModel) -> Summarise | None:
        """The request for a summary with fewer messages; None if there is no end to it."""
        asked = self._squeeze.shorter(messages, request.messages)
        return Summarise(messages=asked, max_tokens=request.max_tokens) if asked else None

    def briefer(self, request: CallModel, limits: Limits) -> Summarise | None:
        """The request for a summary once more, after one that was cut off; None if that was asked for already."""
        most = request.max_tokens or compaction.summary_room(limits.window or 0)
        asked = compaction.briefer(request.messages, most // 4)
        return Summarise(messages=asked, max_tokens=request.max_tokens) if asked else None

    def failed(self) -> None:
        """No summary came."""
        self._squeeze.failed()

    def folded(self, messages: Sequence[Message], summary: str, limits: Limits) -> str | None:
        """What will stand for the conversation; None if it would not help."""
        return compaction.folded(messages, summary, limits.window or self.used(messages, limits))

    def fold(self, messages: Sequence[Message], text: str, limits: Limits) -> tuple[list[Message], tuple[str, ...]]:
        """The conversation that the text stands for, and what of it has to be told."""
        self.meter.forget()
        folded = [compaction.standing(text)]
        self._squeeze.done(self.used(folded, limits))
        *_, last = ("", *compaction.words(messages, budget.LARGEST))
        return folded, () if last in text else (_WAS_CUT,)

    def cut(self, messages: Sequence[Message], limits: Limits) -> str | None:
        """What may stand for a conversation whose last message is too long by itself; None if it is not that.

        Nothing is cut to a window that nobody has told, nor for a refusal that neither numbers nor our count support.
        """
        window = self._believed(messages, limits)
        if not window or not messages or budget.estimate(messages[-1:]) <= window * _HALF:
            return None
        if not self.proved and self.used(messages, limits) + limits.reserve <= window:
            return None
        alone = len(messages) == 1
        older = compaction.summary_of(messages[0]) if alone else "\n\n".join(one.text for one in messages[:-1])
        return compaction.folded(messages, budget.cut(older, int(window * _HALF / 2)) or _COULD_NOT, window)

    def _believed(self, messages: Sequence[Message], limits: Limits) -> int:
        """The window in tokens as they are estimated here: where the server counts more, it is smaller than it says."""
        guess = budget.estimate(messages, limits.overhead)
        more = max(self._needed / guess, 1.0) if self._needed and guess else 1.0
        return int((limits.window or 0) / more)

    def _answer(self, asked: Sequence[Message], limits: Limits) -> int | None:
        """Tokens that the summary may take."""
        if not limits.window or not limits.reserve:
            return None
        most = min(limits.reserve, compaction.summary_room(limits.window))
        used = budget.estimate(asked, limits.overhead)
        return budget.room(limits.window, used, most) or most
