"""The one who writes a cassette: append, then fdatasync where a thing has ended. One writer a file."""

import contextlib
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from nexdiag.codec.cassette import Encoder
from nexdiag.core.cassette import Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Exchange
from nexdiag.core.turn import LogLine, ToolRun, Turn

Write = Callable[[int, bytes], int]
_Word = TypeVar("_Word")


class Writer:
    """An open recording. After the first failure it writes nothing more and says why in `trouble`.

    Law: once it is made it raises nothing, and whatever fails, the file holds whole lines.
    It may be called from several threads.
    """

    def __init__(self, path: Path, header: Header, *, write: Write = os.write) -> None:
        """Create the file, mode 0600, and write its header.

        Raises `CassetteError` if it exists (another writer's does), or cannot be made or written.
        """
        self.path = path
        self.trouble: str | None = None
        self.exchanges = 0
        """How many exchanges are on disk."""
        self._write = write
        self._encoder = Encoder()
        self._lock = threading.Lock()
        self._length = 0
        self._file = _create(path)
        if not self._append(self._encoder.header, header, durable=True):
            self.close()
            path.unlink(missing_ok=True)
            raise CassetteError(f"cannot record to {path}: {self.trouble}", hint="see what is wrong with that disk")

    def exchange(self, exchange: Exchange) -> None:
        """Append a finished exchange, durably."""
        self.exchanges += self._append(self._encoder.exchange, exchange, durable=True)

    def turn_started(self, turn: Turn) -> None:
        """Append the opening of a turn."""
        self._append(self._encoder.turn_started, turn)

    def turn_ended(self, turn: Turn) -> None:
        """Append the end of a turn, durably."""
        self._append(self._encoder.turn_ended, turn, durable=True)

    def tool_run(self, run: ToolRun) -> None:
        """Append a tool run."""
        self._append(self._encoder.tool_run, run)

    def log_line(self, line: LogLine) -> None:
        """Append a log line."""
        self._append(self._encoder.log_line, line)

    def stop(self, why: str) -> None:
        """Write nothing more; the first reason stays."""
        if self.trouble is None:
            self.trouble = f"recording stopped: {why} ({self.path})"

    def close(self) -> None:
        """Close the file. What was appended is already there."""
        with self._lock:
            if self._file >= 0:
                with contextlib.suppress(OSError):
                    os.fdatasync(self._file)
                os.close(self._file)
                self._file = -1

    def _append(self, encode: Callable[[_Word], bytes], word: _Word, *, durable: bool = False) -> bool:
        """One write for whole lines: a crash leaves at most one torn line, the last. Whether it was written."""
        with self._lock:
            if self.trouble is not None or self._file < 0:
                return False
            try:
                lines = encode(word)
                self._write_all(lines)
                if durable:
                    os.fdatasync(self._file)
            except Exception as error:  # noqa: BLE001 - recording must never break what it records
                self.stop(_why(error))
                with contextlib.suppress(OSError):  # where even that fails, the reader tells of the torn line
                    os.ftruncate(self._file, self._length)
                return False
            self._length += len(lines)
            return True

    def _write_all(self, lines: bytes) -> None:
        written = 0
        while written < len(lines):
            count = self._write(self._file, lines[written:])
            if count <= 0:
                raise OSError(errno.EIO, "the disk took nothing")
            written += count


def _create(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot(path, error) from error
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        hint = "name another file, or remove that one: a recording is never overwritten"
        raise CassetteError(f"cannot record to {path}: it exists", hint=hint) from error
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        raise _cannot(path, error) from error
    return file


def _cannot(path: Path, error: Exception) -> CassetteError:
    return CassetteError(f"cannot record to {path}: {_why(error)}", hint="name a file in a directory you can write to")


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or f"{type(error).__name__}: {error}"
