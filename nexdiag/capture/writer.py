"""The one who writes a cassette: whole lines, appended, and flushed to the disk where a thing has ended."""

import contextlib
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from nexdiag.capture.flusher import Flusher
from nexdiag.capture.opening import Opened, beside, created, named, reopened, same, why
from nexdiag.core.cassette import Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Exchange
from nexdiag.core.turn import LogLine, ToolRun, Turn

Write = Callable[[int, bytes], int]
_Word = TypeVar("_Word")


class Writer:
    """An open recording. After the first failure it writes nothing more and says why in `trouble`.

    Law: once it is made it raises nothing, and whatever fails, the file holds whole lines.
    It may be called from several threads. What was appended survives the death of this process; it is flushed to
    the disk at once, by a thread, so that nobody waits for it.
    """

    def __init__(
        self, path: Path, header: Header | None, *, write: Write = os.write, opened: Opened | None = None
    ) -> None:
        """Create the file, mode 0600, and write its header; `opened` is a file that is open already.

        Raises `CassetteError` if it exists (another writer's does), or cannot be made or written.
        """
        opened = created(path) if opened is None else opened
        self.path = path
        self.trouble: str | None = None
        self._why = ""
        self.exchanges = 0
        """How many exchanges it has written."""
        self.recorded = opened.recorded
        """What stood in the file before, where it was there before."""
        self.at = opened.path
        """Where it writes: beside `path`, until it takes the place of what is there."""
        self._old = opened.old
        self._process = os.getpid()
        self._file = opened.file
        self._length = opened.length
        self._encoder = opened.encoder
        self._write = write
        self._lock = threading.Lock()
        self._flusher = Flusher(opened.file, lambda error: self.stop(why(error)))
        if header is not None and not self._append(self._encoder.header, header, durable=True):
            self.close(keep=False)
            raise CassetteError(f"cannot record to {path}: {self._why}", hint="see what is wrong with that disk")
        try:
            named(opened)
        except CassetteError:
            self._let_go()
            raise

    @classmethod
    def reopen(cls, path: Path, *, write: Write = os.write) -> "Writer":
        """Go on with a recording; a torn tail is cut off.

        Raises `CassetteError` if it is none, cannot be written, or another writer is at it.
        """
        return cls(path, None, write=write, opened=reopened(path))

    @classmethod
    def replacing(cls, path: Path, header: Header, *, write: Write = os.write) -> "Writer":
        """Write beside an existing recording, to take its place when `close` says so. Raises `CassetteError`."""
        return cls(path, header, write=write, opened=beside(path))

    @property
    def next_number(self) -> int:
        """The number of the first exchange that it will be given."""
        return max((one.id for one in self.recorded.exchanges), default=-1) + 1 if self.recorded is not None else 0

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
            self._why = why
            self.trouble = f"recording stopped: {why} ({self.path})"

    def close(self, *, keep: bool = True) -> None:
        """Close the file: everything is on the disk when this returns. One that replaces another does so now.

        Without `keep` it is removed, if it was begun by this writer; what it was to replace stays. In a process that
        was forked from the one that records, nothing is written, and nothing removed.
        """
        if os.getpid() != self._process:
            self._let_go()
            return
        with self._lock:
            if self._file < 0:
                return
            self._flusher.close()
            try:
                self._settle(keep=keep)
            except OSError as error:
                self.stop(why(error))
            self._let_go()

    def _settle(self, *, keep: bool) -> None:
        """Remove the file, or give it its name: if it is still the one under the name that this writer gave it."""
        if not same(self._file, self.at):
            return
        beside = self.at != self.path
        if (not keep and self.recorded is None) or (beside and self.trouble is not None):
            self.at.unlink()
        elif beside:
            self.at.replace(self.path)

    def _let_go(self) -> None:
        for file in (self._file, self._old):
            if file >= 0:
                os.close(file)
        self._file = self._old = -1

    def _append(self, encode: Callable[[_Word], bytes], word: _Word, *, durable: bool = False) -> bool:
        """One write for whole lines: a crash leaves at most one torn line, the last. Whether it was written."""
        with self._lock:
            if self.trouble is not None or self._file < 0 or os.getpid() != self._process:
                return False
            try:
                lines = encode(word)
                self._write_all(lines)
            except Exception as error:  # noqa: BLE001 - recording must never break what it records
                self.stop(why(error))
                with contextlib.suppress(OSError):  # where even that fails, the reader tells of the torn line
                    os.ftruncate(self._file, self._length)
                return False
            self._length += len(lines)
            if durable:
                self._flusher.ask()
            return True

    def _write_all(self, lines: bytes) -> None:
        written = 0
        while written < len(lines):
            count = self._write(self._file, lines[written:])
            if count <= 0:
                raise OSError(errno.EIO, "the disk took nothing")
            written += count
