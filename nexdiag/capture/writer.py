"""The one who writes a cassette: append, then fdatasync where a thing has ended. One writer a file."""

import contextlib
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from nexdiag.codec.cassette import Encoder
from nexdiag.core.cassette import Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Exchange
from nexdiag.core.turn import LogLine, ToolRun, Turn

Write = Callable[[int, bytes], int]


class Writer:
    """An open recording. After the first failure it writes nothing more and says why in `trouble`."""

    def __init__(self, path: Path, header: Header, *, write: Write = os.write) -> None:
        """Create the file, mode 0600, and write its header.

        Raises `CassetteError` if it exists, cannot be made, or another writer holds it.
        """
        self.path = path
        self.trouble: str | None = None
        self.exchanges = 0
        self._write = write
        self._encoder = Encoder()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileExistsError as error:
            hint = "name another file, or remove that one: a recording is never overwritten"
            raise CassetteError(f"cannot record to {path}: it exists", hint=hint) from error
        except OSError as error:
            raise CassetteError(
                f"cannot record to {path}: {error.strerror}", hint="name a file in a directory you can write to"
            ) from error
        self._append(self._encoder.header(header), durable=True)

    def exchange(self, exchange: Exchange) -> None:
        """Append a finished exchange, durably."""
        self._append(self._encoder.exchange(exchange), durable=True)
        self.exchanges += 1

    def turn_started(self, turn: Turn) -> None:
        """Append the opening of a turn."""
        self._append(self._encoder.turn_started(turn))

    def turn_ended(self, turn: Turn) -> None:
        """Append the end of a turn, durably."""
        self._append(self._encoder.turn_ended(turn), durable=True)

    def tool_run(self, run: ToolRun) -> None:
        """Append a tool run."""
        self._append(self._encoder.tool_run(run))

    def log_line(self, line: LogLine) -> None:
        """Append a log line."""
        self._append(self._encoder.log_line(line))

    def close(self) -> None:
        """Close the file. What was appended is already there."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.fdatasync(self._file)
            os.close(self._file)
            self._file = -1

    def _append(self, lines: bytes, *, durable: bool = False) -> None:
        """One write for whole lines: a crash leaves at most one torn line, the last."""
        if self.trouble is not None or self._file < 0:
            return
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[self._write(self._file, bytes(rest)) :]
            if durable:
                os.fdatasync(self._file)
        except OSError as error:  # recording must never break what it records
            self.trouble = f"recording stopped: {error.strerror or error} ({self.path})"
