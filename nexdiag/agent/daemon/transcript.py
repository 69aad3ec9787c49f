"""What people and other programs read beside the mail: `.streaming`, the turn under way, and `chat.log`.

Law: both are for looking only. What cannot be written there costs nobody a turn; it is told once. `.streaming` holds
the whole turn, as the reference writes it, is put there in one move, and goes when the turn ends.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from nexdiag.agent.progress import Progress, TextDelta, TextTakenBack, ToolRan, TurnEnded, TurnStarted
from nexdiag.agent.session import durable
from nexdiag.codec.journal import timestamp
from nexdiag.core.errors import NexdiagError
from nexdiag.core.turn import ToolRun

STREAMING = ".streaming"
CHAT_LOG = "chat.log"
_OFTEN = 0.15
"""Seconds between two writes, at least."""
_PER_SECOND = 4 * 1024**2
"""Bytes that are written in a second, at most: a long turn is written more rarely."""
_SHOWN = 15
"""Lines of a tool's output."""


class Transcript:
    """The two files of one session."""

    def __init__(self, directory: Path, *, clock: durable.Clock, trouble: Callable[[str], None]) -> None:
        """A transcript that a crash left behind is removed; `trouble` hears, once, that nothing can be written."""
        self._streaming = directory / STREAMING
        self._log = directory / CHAT_LOG
        self._clock = clock
        self._trouble = trouble
        self._troubled = False
        self._kept: list[str] = []
        """The turn, up to the reply that is coming."""
        self._coming: list[str] = []
        self._due: asyncio.TimerHandle | None = None
        self._dirty = False
        self._write(lambda: durable.hide(self._streaming))

    def said(self, role: str, text: str) -> None:
        """One entry of the log."""
        entry = f"[{timestamp(self._clock())}] {role}: {text}\n\n"
        self._write(lambda: durable.note(self._log, entry.encode(errors="replace")))

    def tell(self, progress: Progress) -> None:
        """Hear of the turn."""
        if isinstance(progress, TextDelta):
            self._coming.append(progress.text)
        elif isinstance(progress, TextTakenBack):
            self._coming = []
        elif isinstance(progress, ToolRan):
            self._kept += [*self._coming, box(progress.run)]
            self._coming = []
        elif isinstance(progress, TurnStarted | TurnEnded):
            self.close()
            return
        else:
            return
        self._dirty = True
        if self._due is None:
            self._show()

    def close(self) -> None:
        """No turn is under way."""
        if self._due is not None:
            self._due.cancel()
        self._due, self._dirty, self._kept, self._coming = None, False, [], []
        self._write(lambda: durable.hide(self._streaming))

    def _show(self) -> None:
        """Write it now, and not again for a while; what comes meanwhile is written at the end of it."""
        self._due = None
        if not self._dirty:
            return
        self._dirty = False
        content = "".join((*self._kept, *self._coming)).encode(errors="replace")
        self._write(lambda: durable.show(self._streaming, content))
        pause = max(_OFTEN, len(content) / _PER_SECOND)
        self._due = asyncio.get_running_loop().call_later(pause, self._show)

    def _write(self, write: Callable[[], object]) -> None:
        try:
            write()
        except NexdiagError as error:
            if not self._troubled:
                self._trouble(error.what)
            self._troubled = True
        else:
            self._troubled = False


def box(run: ToolRun) -> str:
    """A tool run as the reference draws it."""
    lines = run.output.splitlines()
    more = [f"... ({len(lines) - _SHOWN} more lines)"] if len(lines) > _SHOWN else []
    shown = [f"$ {run.arguments}", *lines[:_SHOWN], *more]
    if run.is_error and lines:
        shown[1] = f"× {shown[1]}"
    body = "".join(f"│ {line}\n" for line in shown)
    return f"\n┌─ {run.name} ────\n{body}└─\n"
