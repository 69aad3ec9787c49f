"""The room in the context window: how full it is, and what makes it emptier. Pure; the machine decides what follows.

What is known of the window is learned here too: a server that refuses a conversation as too long says how much it has
room for, or at least that this was too much.
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
"""Of what was refused without a number, this much may fit."""
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
        """What is known of the window, after the server had no room for `messages` (if they are given)."""
        used = self.used(messages, limits)
        needed = failed.needed if used // _FACTOR <= (failed.needed or 0) < budget.LARGEST else None
        window = failed.window if _LEAST <= (failed.window or 0) < budget.LARGEST else None
        if window is not None and needed is not None and needed <= window:  # the answer's tokens are not in it
            needed = None
        if messages:
            self._needed = needed or None
            if window is None:
                window = int(_TOO_MUCH * min(needed or used, limits.window or budget.LARGEST))
            if needed:
                self.meter.counted(needed, messages)
        elif window is None:
            return limits
        window = max(window, _LEAST)
        return msgspec.structs.replace(limits, window=min(limits.window or window, window))

    def too_long(self, used: int, limits: Limits, why: str) -> str:
        """The one line that the user sees."""
        needed = f"{self._needed}" if self._needed is not None else f"about {max(used, limits.window or 0)}"
        reason = f": {why}" if why else ""
        return (
            f"the conversation takes {needed} tokens, but the context window holds {limits.window}, "
            f"and it could not be made shorter{reason}"
        )

    # ---- results of tools

    def cleared(
        self, messages: Sequence[Message], limits: Limits, *, overflown: bool
    ) -> tuple[list[Message], tuple[str, ...]]:
        """The conversation without old results of tools, and whose they were; none if it would not be worth it."""
        ids = compaction.clearable(messages, limits.window or 0, overflown=overflown)
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
        """What may stand for a conversation of one message that is too long by itself; None if it is not that."""
        window = limits.window or 0
        if len(messages) != 1 or budget.estimate(messages) <= window * _HALF:
            return None
        older = budget.cut(compaction.summary_of(messages[0]), int(window * _HALF / 2))
        return compaction.folded(messages, older or _COULD_NOT, window)

    def _answer(self, asked: Sequence[Message], limits: Limits) -> int | None:
        """Tokens that the summary may take."""
        if not limits.window or not limits.reserve:
            return None
        most = min(limits.reserve, compaction.summary_room(limits.window))
        used = budget.estimate(asked, limits.overhead)
        return budget.room(limits.window, used, most) or most
