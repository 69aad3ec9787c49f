"""What is told while an answer comes: pieces of a stream → progress. No text is told twice.

An answer that is continued begins in an earlier request: what its next part repeats is left out, and where that part
is asked for again, all that was told before it is told again.
"""

from collections import Counter

from nexdiag.agent.loop.continuation import Seam
from nexdiag.agent.loop.events import CallModel, Summarise
from nexdiag.agent.progress import ReasoningDelta, Tell, TextDelta, TextTakenBack, ToolBuilding
from nexdiag.codec.chat import Delta


class Telling:
    """The telling of one answer after the other."""

    def __init__(self, tell: Tell) -> None:
        """`tell` hears of it."""
        self._tell = tell
        self._seam = Seam("")
        self._told = False
        self._silent = False
        self._written: Counter[int] = Counter()

    def again(self, command: CallModel) -> None:
        """The request is sent again: what came of it so far does not count."""
        if not self._told:
            return
        self._tell(TextTakenBack())
        if command.before:
            self._tell(TextDelta(text=command.before))

    def begin(self, command: CallModel) -> None:
        """A request goes out. Of a summary nothing is told."""
        self._seam = Seam(command.before)
        self._told = False
        self._silent = isinstance(command, Summarise)
        self._written = Counter()

    def came(self, delta: Delta) -> None:
        """A piece of the answer came."""
        if self._silent:
            return
        if delta.kind == "tool":
            index = delta.index or 0
            self._written[index] += len(delta.text)
            self._tell(ToolBuilding(index=index, name=delta.name or "", characters=self._written[index]))
        elif delta.kind == "reasoning":
            self._told = True
            self._tell(ReasoningDelta(text=delta.text))
        else:
            self._text(self._seam.feed(delta.text))

    def end(self) -> None:
        """The answer is whole: what was held back is told."""
        self._text(self._seam.close())

    def _text(self, text: str) -> None:
        if text:
            self._told = True
            self._tell(TextDelta(text=text))
