"""Follows logs while a recording runs: files as they grow, and commands that print. Each entry goes on as one LogLine.

A file is read from where it ends now, across rotation and truncation, and may come later. A command runs until the
recording ends, and is ended then. What was written before that is read before that.

Law: a log that cannot be read is told once, and stops nothing. What is kept of a line is bounded.
"""

import contextlib
import os
import select
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from nexdiag.capture.logs.lines import Lines
from nexdiag.core.errors import UsageError
from nexdiag.core.turn import LogLine

Clock = Callable[[], float]
Keep = Callable[[LogLine], None]
Offset = Callable[[LogLine], float | None]

LOOK = 0.02
"""Seconds between two looks at a file."""
QUIET = 0.3
"""Seconds without another line after which an entry is taken for whole."""
GRACE = 0.2
"""Seconds that a command gets, at the end, to print what its daemon wrote just now."""
_END = 2.0
"""Seconds that a command gets to end when it is asked to."""
_PIECE = 65536
_AT_ONCE = 4 * 1024 * 1024
"""Bytes of a file that are read between two looks at whether the recording has ended."""
_SHELL = "|<>&;$`"
"""What only a shell understands: a command that has one of these is given to one."""


class _Source(Protocol):
    name: str

    def start(self) -> None: ...

    def run(self, ended: threading.Event) -> None: ...


class Logs:
    """Follows several logs, each in a thread of its own, until it is closed."""

    def __init__(
        self,
        sources: Sequence[str],
        keep: Keep,
        *,
        offset: Offset = lambda line: None,
        clock: Clock = time.time,
        ticks: Clock = time.monotonic,
    ) -> None:
        """`keep` takes each line, `offset` tells of a line by how much its clock is off, if it can.

        Raises `UsageError` for a source that is neither a file, nor a place for one, nor a command.
        """
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._keep = keep
        self.count = 0
        """How many entries were kept."""
        made = [_source(source, self._kept, offset, clock, ticks) for source in sources]
        self._threads: list[threading.Thread] = []
        try:
            for source in made:
                source.start()
                thread = threading.Thread(
                    target=source.run, args=(self._ended,), name=f"log {source.name}", daemon=True
                )
                thread.start()
                self._threads.append(thread)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Read what was written up to now, end the commands, and return when all of it is kept."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        """Following since it was made."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close."""
        self.close()

    def _kept(self, line: LogLine) -> None:
        with self._lock, contextlib.suppress(Exception):  # what the listener cannot take must not stop the rest
            self._keep(line)
            self.count += 1


class _File:
    """A file that grows."""

    def __init__(self, path: Path, lines: Lines) -> None:
        """Nothing is opened yet."""
        self.name = path.name
        self._path = path
        self._lines = lines
        self._told = False
        self._file: BinaryIO | None = None

    def start(self) -> None:
        """Begin at its end; one that is not there yet is read from its beginning when it comes."""
        self._file = self._open()
        if self._file is not None:
            with contextlib.suppress(OSError):  # a pipe has no end
                self._file.seek(0, os.SEEK_END)

    def run(self, ended: threading.Event) -> None:
        """Look until the recording ends, and once more."""
        while not ended.wait(LOOK):
            self._look()
            self._lines.quiet()
        for _ in range(self._behind() // _AT_ONCE + 2):  # what is written after that is after the recording
            self._look()
        self._lines.close()
        self._close()

    def _look(self) -> None:
        """Read what is new."""
        try:
            more = self._read()
            if not more and self._rotated():  # all of the old one is read by now
                self._close()
                self._lines.broken()
                self._read()
        except OSError as error:
            self._trouble(error)

    def _behind(self) -> int:
        with contextlib.suppress(OSError):
            return 0 if self._file is None else max(0, os.fstat(self._file.fileno()).st_size - self._file.tell())
        return 0

    def _read(self) -> bool:
        if self._file is None:
            self._file = self._open()
        if self._file is None:
            return False
        if os.fstat(self._file.fileno()).st_size < self._file.tell():  # it was cut: what stands there now is new
            self._lines.broken()
            self._file.seek(0)
        piece = self._file.read(_AT_ONCE) or b""
        if piece:
            self._lines.feed(piece, os.fstat(self._file.fileno()).st_mtime)
        return len(piece) == _AT_ONCE

    def _rotated(self) -> bool:
        if self._file is None:
            return False
        try:
            return not os.path.samestat(os.fstat(self._file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False

    def _open(self) -> BinaryIO | None:
        try:
            number = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait for a writer
            return os.fdopen(number, "rb", buffering=0)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._trouble(error)
            return None

    def _trouble(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            self._lines.tell(f"the log {self.name} cannot be read: {error.strerror}", "WARN")

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


class _Command:
    """A program that prints a log, on either of its outputs."""

    def __init__(self, words: Sequence[str], lines: Lines, ticks: Clock) -> None:
        """Nothing runs yet."""
        self.name = words[0].rsplit("/", 1)[-1]
        self._words = list(words)
        self._lines = lines
        self._ticks = ticks

    def start(self) -> None:
        """Start it, in a process group of its own, so that a Ctrl-C meant for another does not reach it."""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the user named it to be run
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            what = f"cannot follow the log of {self.name}: {error.strerror}"
            raise UsageError(what, hint="--log takes a file, or a command that prints a log") from error

    def run(self, ended: threading.Event) -> None:
        """Read until it ends, or the recording does."""
        output = self._process.stdout
        assert output is not None
        os.set_blocking(output.fileno(), False)
        ends = [(GRACE, signal.SIGTERM), (GRACE + _END, signal.SIGKILL)]
        since: float | None = None
        while ends:
            select.select([output], [], [], LOOK)
            piece = _available(output.fileno())
            if piece == b"":
                break
            self._lines.feed(piece or b"")
            self._lines.quiet()
            if ended.is_set():
                since = self._ticks() if since is None else since
                if self._ticks() - since >= ends[0][0]:
                    self._end(ends.pop(0)[1])
        output.close()
        self._finish(told=since is None)

    def _finish(self, *, told: bool) -> None:
        self._lines.close()
        if told:  # its outputs are closed: it has ended, or goes on in silence
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END)
            code = self._process.poll()
            came = "closed its output" if code is None else f"ended with {code}"
            self._lines.tell(f"the log command {self.name} {came} before the recording did", "WARN")
        self._end(signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END)

    def _end(self, number: signal.Signals) -> None:
        """Its whole group, which is still its own: a process that was not waited for keeps its number."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def _available(number: int) -> bytes | None:
    """What can be read now; None if that is nothing, empty at the end."""
    try:
        return os.read(number, _PIECE)
    except BlockingIOError:
        return None


def _source(source: str, keep: Keep, offset: Offset, clock: Clock, ticks: Clock) -> _Source:
    """A file if there is one of that name, else a command if its first word is one, else a file that comes later."""
    words = _words(source)

    def lines(name: str) -> Lines:
        return Lines(name, keep, offset=offset, clock=clock, ticks=ticks, quiet=QUIET)

    path = Path(source).expanduser()
    if not source.strip() or "\0" in source:
        raise UsageError(f"wanted a log to follow, found {source!r}", hint="--log takes a file or a command")
    if path.is_dir():
        raise UsageError(f"wanted a log to follow, found a directory: {source}", hint="name the file in it")
    if not path.exists() and words and shutil.which(words[0]):
        command = ["/bin/sh", "-c", source] if any(sign in source for sign in _SHELL) else words
        return _Command(command, lines(_title(words)), ticks)
    if not path.exists() and len(words) > 1:
        what = f"wanted a log file or a command, found neither: {source!r}"
        raise UsageError(what, hint=f"{words[0]} is not on the PATH")
    if not path.parent.is_dir():
        raise UsageError(f"no log can come at {source}: there is no such directory", hint="make it, or name another")
    return _File(path, lines(path.name))


def _words(source: str) -> list[str]:
    try:
        return shlex.split(source)
    except ValueError:
        return []


def _title(words: Sequence[str]) -> str:
    """What a command is called in the recording: its program and what it does; its options may be secret."""
    first = words[0].rsplit("/", 1)[-1]
    second = words[1] if len(words) > 1 and words[1].isalpha() else ""
    return f"{first} {second}".strip()
