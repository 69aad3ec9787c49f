"""What a follower of a chat has heard of one question, put together as it comes. No I/O, no clock.

A question that is answered in two lives of the daemon is heard in both: what ran in the first one counts too.
"""

from nexdiag.agent.progress import (
    Compacted,
    Progress,
    ReasoningDelta,
    TextDelta,
    ToolRan,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    UsageTold,
)
from nexdiag.core.scenario import FIRST_TEXT, FIRST_TOOL, START
from nexdiag.core.turn import Turn


class Heard:
    """What was told of one question."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.turn: Turn | None = None
        """As it ended; None until then."""
        self.number = 0
        self.tools: list[str] = []
        self.together = 0
        self.compacted = False
        self.pieces = 0
        self.first: float | None = None
        self.moments: set[str] = set()
        """Those that have been."""
        self._in_this_reply = 0

    def hear(self, progress: Progress, at: float) -> None:
        """Take one thing that was told; `at` is in seconds since the question was asked."""
        match progress:
            case TurnStarted(turn=turn):
                self.number = turn.number or self.number
                self.moments.add(START)
            case TextDelta() | ReasoningDelta():
                self._piece(at)
                if isinstance(progress, TextDelta):
                    self.moments.add(FIRST_TEXT)
            case ToolStarted():
                self.moments.add(FIRST_TOOL)
                self._in_this_reply += 1
                self.together = max(self.together, self._in_this_reply)
            case ToolRan(run=run):
                self.tools.append(run.name)
            case UsageTold():  # a reply is whole: its calls come after this
                self._in_this_reply = 0
            case Compacted():
                self.compacted = True
            case TurnEnded(turn=turn):
                self.turn = turn
                self.number = turn.number or self.number

    def new_life(self) -> None:
        """The daemon was killed, and has been started again."""
        self.turn = None
        self._in_this_reply = 0

    def _piece(self, at: float) -> None:
        self.pieces += 1
        if self.first is None:
            self.first = at
