"""daemon.log: `2026-05-20T14:03:11.482Z [INFO] message`, in the reference executor's format.

Whatever is logged is one line: line ends, control characters and those that no eye sees are written as escapes, so
that nobody who has words in the log can make a line of his own there.
"""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from nexdiag.codec import logline
from nexdiag.codec.chat.error import visible
from nexdiag.core.errors import DaemonError
from nexdiag.core.turn import LogLine

_ROTATE_AT = 10 * 1024 * 1024
_LONGEST = 4000
_STDERR = 2


class DaemonLog:
    """Appends lines, and hands each to a listener (the recorder, when one is there)."""

    def __init__(
        self, path: Path, *, clock: Callable[[], float], listener: Callable[[LogLine], None] = lambda line: None
    ) -> None:
        """Open for appending, mode 0600. Raises `DaemonError` if it cannot."""
        rotate(path)
        self._path = path
        try:
            self._file = _opened(path)
            self._size = os.fstat(self._file).st_size
        except OSError as error:
            raise DaemonError(f"cannot open {path}: {error.strerror}", hint="look at its owner and mode") from error
        self._clock = clock
        self._listener = listener

    def write(self, level: str, text: str, *, turn: int | None = None, session: str = "") -> None:
        """Log one line. A disk that is full, or a listener that fails, loses the line, never the daemon."""
        now = self._clock()
        line = visible(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
        told = LogLine(at=now, text=line, level=level, turn=turn, session=session)
        try:
            self._append(f"{logline.encode(told)}\n".encode(errors="replace"))
        except OSError as error:
            self._tell(LogLine(at=now, text=f"daemon.log cannot be written: {error.strerror}", level="ERROR"))
        self._tell(told)

    def close(self) -> None:
        """Close the file; what is logged after that is told to the listener only."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def _append(self, line: bytes) -> None:
        """One write, so that what the process says on stderr comes between lines, and not into one."""
        if self._file >= 0 and self._size + len(line) > _ROTATE_AT:
            self._turn_over()
        self._size += os.write(self._file, line)

    def _turn_over(self) -> None:
        """Begin a new file; the raw stderr of a daemon in the background goes there too, as it did before."""
        self._size = os.fstat(self._file).st_size  # raw stderr has grown it as well
        old = os.fstat(self._file)
        rotate(self._path, at=0)
        try:
            new = _opened(self._path)
        except OSError:  # then it grows: a log that is too long is better than none
            return
        if os.path.samestat(old, os.fstat(new)):
            os.close(new)
            return
        with contextlib.suppress(OSError):
            if os.path.samestat(old, os.fstat(_STDERR)):
                os.dup2(new, _STDERR)
        os.close(self._file)
        self._file, self._size = new, os.fstat(new).st_size

    def _tell(self, line: LogLine) -> None:
        with contextlib.suppress(Exception):  # its fault is its own, and here is nobody to hear of it
            self._listener(line)


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def rotate(path: Path, *, at: int | None = None) -> None:
    """Set a log of over 10 MiB, or of over `at` bytes, aside as `.1`."""
    with contextlib.suppress(OSError):  # there is none, or it cannot be moved: then it grows
        if path.stat().st_size > (_ROTATE_AT if at is None else at):
            path.replace(path.with_name(path.name + ".1"))


class Follower:
    """Reads a log as it grows, across its rotation: each look gives the lines that are new."""

    def __init__(self, path: Path, lines: int) -> None:
        """Begin with the last so many lines. A log that is not there yet is an empty one."""
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""
        self._first = lines

    def look(self) -> list[str]:
        """The lines that have come since the last look; one without its end waits for it."""
        content = self._rest
        if self._file is None:
            self._file = self._open()
            content += self._read()
            content = b"".join(content.splitlines(keepends=True)[-self._first :]) if self._first else b""
        else:
            content += self._read()
        if self._rotated():  # all of the old one is read by now
            self.close()
            self._file = self._open()
            content += self._read()
        *whole, self._rest = content.split(b"\n")
        return [line.decode(errors="replace") for line in whole]

    def close(self) -> None:
        """Look no more."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def _open(self) -> BinaryIO | None:
        with contextlib.suppress(FileNotFoundError):
            return self._path.open("rb")
        return None

    def _read(self) -> bytes:
        if self._file is None:
            return b""
        if os.fstat(self._file.fileno()).st_size < self._file.tell():  # it was cut: what stands there now is new
            self._file.seek(0)
        return self._file.read()

    def _rotated(self) -> bool:
        if self._file is None:
            return False
        try:
            return not os.path.samestat(os.fstat(self._file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False
