"""daemon.log: `2026-05-20T14:03:11.482Z [INFO] message`, in the reference executor's format.

Whatever is logged is one line: line ends, control characters and those that no eye sees are written as escapes, so
that nobody who has words in the log can make a line of his own there.
"""

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from nexdiag.codec import journal
from nexdiag.codec.chat.error import visible
from nexdiag.core.errors import DaemonError
from nexdiag.core.turn import LogLine

_ROTATE_AT = 10 * 1024 * 1024
_LONGEST = 4000
_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) \[(INFO|WARN|ERROR|FATAL)\] (.*)", re.DOTALL)


class DaemonLog:
    """Appends lines, and hands each to a listener (the recorder, when one is there)."""

    def __init__(
        self, path: Path, *, clock: Callable[[], float], listener: Callable[[LogLine], None] = lambda line: None
    ) -> None:
        """Open for appending, mode 0600. Raises `DaemonError` if it cannot."""
        rotate(path)
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DaemonError(f"cannot open {path}: {error.strerror}", hint="look at its owner and mode") from error
        self._clock = clock
        self._listener = listener

    def write(self, level: str, text: str, *, turn: int | None = None) -> None:
        """Log one line. A disk that is full, or a listener that fails, loses the line, never the daemon."""
        now = self._clock()
        line = visible(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
        told = LogLine(at=now, text=line, level=level, turn=turn)
        try:
            os.write(self._file, f"{journal.timestamp(now)} [{level}] {line}\n".encode(errors="replace"))
        except OSError as error:
            self._tell(LogLine(at=now, text=f"daemon.log cannot be written: {error.strerror}", level="ERROR"))
        self._tell(told)

    def close(self) -> None:
        """Close the file; what is logged after that is told to the listener only."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def _tell(self, line: LogLine) -> None:
        with contextlib.suppress(Exception):  # its fault is its own, and here is nobody to hear of it
            self._listener(line)


def rotate(path: Path) -> None:
    """Set a log of over 10 MiB aside as `.1`."""
    with contextlib.suppress(OSError):  # there is none, or it cannot be moved: then it grows
        if path.stat().st_size > _ROTATE_AT:
            path.replace(path.with_name(path.name + ".1"))


def parse(line: str) -> LogLine | None:
    """A log line in our format or the reference's; None for any other text (raw stderr, a traceback)."""
    match = _LINE.fullmatch(line.rstrip("\n"))
    at = journal.seconds(match[1]) if match is not None else None
    if match is None or at is None:
        return None
    return LogLine(at=at, level=match[2], text=match[3])
