"""daemon.log: `2026-05-20T14:03:11.482Z [INFO] message`, in the reference executor's format.

Whatever is logged is one line: a text of several lines, or with control characters, is made to fit.
"""

import datetime as dt
import os
import re
from collections.abc import Callable
from pathlib import Path

from nexdiag.core.turn import LogLine

_ROTATE_AT = 10 * 1024 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) \[(INFO|WARN|ERROR|FATAL)\] (.*)", re.DOTALL)


class DaemonLog:
    """Appends lines, and hands each to a listener (the recorder, when one is there)."""

    def __init__(
        self, path: Path, *, clock: Callable[[], float], listener: Callable[[LogLine], None] = lambda line: None
    ) -> None:
        """Open for appending, mode 0600. A file of over 10 MiB is set aside as `.1` first."""
        if path.exists() and path.stat().st_size > _ROTATE_AT:
            path.replace(path.with_name(path.name + ".1"))
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._clock = clock
        self._listener = listener

    def write(self, level: str, text: str, *, turn: int | None = None) -> None:
        """Log one line. A disk that is full loses the line, never the daemon."""
        now = self._clock()
        clean = _CONTROL.sub(_visible, text)
        try:
            os.write(self._file, f"{stamp(now)} [{level}] {clean}\n".encode(errors="replace"))
        except OSError as error:
            self._listener(LogLine(at=now, text=f"daemon.log cannot be written: {error.strerror}", level="ERROR"))
        self._listener(LogLine(at=now, text=clean, level=level, turn=turn))

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def stamp(seconds: float) -> str:
    """Unix time as RFC 3339 in UTC with milliseconds."""
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse(line: str) -> LogLine | None:
    """A log line in our format or the reference's; None for any other text (raw stderr, a traceback)."""
    match = _LINE.fullmatch(line.rstrip("\n"))
    if match is None:
        return None
    at = dt.datetime.fromisoformat(match[1].replace("Z", "+00:00")).timestamp()
    return LogLine(at=at, level=match[2], text=match[3])


def _visible(match: re.Match[str]) -> str:
    char = match.group()
    return "\\n" if char == "\n" else "\\t" if char == "\t" else f"\\x{ord(char):02x}"
