"""Who works on a session: `.handler.pid`, one holder at a time; and the marker that asks the holder to leave.

The file holds the three lines of the reference executor (pid, time, kind), so that each side respects the other's
handler. Ours is flocked as well for as long as its holder lives: the kernel gives that up when the process dies,
however it dies, so that another process with the same number is never taken for it. The reference's handlers do not
flock; theirs is held while a process with that number lives which did not start after the lock was written.
"""

import errno
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from nexdiag.agent.session import durable
from nexdiag.codec.journal import seconds, timestamp
from nexdiag.core.errors import DaemonError

NAME = ".handler.pid"
RELEASE = ".handler.release-requested"
KINDS = ("interactive-nex", "autonomous-nex", "chat-nex", "tui-pty", "adapter")
_SLACK = 2.0
"""Seconds by which a process may seem to have started after it wrote its lock: clocks are read in ticks."""
_LONGEST = 4096


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """What a lock file says."""

    pid: int
    since: str
    kind: str

    def __str__(self) -> str:
        """Who, for a message."""
        return f"pid {self.pid} ({self.kind}) since {self.since}"


def process_start(pid: int) -> float | None:
    """Unix time at which the process started; 0.0 if it lives but does not tell; None if there is none."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except (PermissionError, OverflowError) as error:
        return 0.0 if isinstance(error, PermissionError) else None
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        if state == "Z":  # dead, but nobody has asked yet how it ended
            return None
        ticks = int(fields[18])
        boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
        return int(boot.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return 0.0


class SessionLock:
    """Holds a session while it is entered."""

    def __init__(
        self,
        directory: Path,
        kind: str,
        *,
        clock: durable.Clock = time.time,
        process_start: Callable[[int], float | None] = process_start,
    ) -> None:
        """Nothing is held yet."""
        self.path = directory / NAME
        self.kind = kind
        self.told: str | None = None
        """After entering: the stale lock that was removed, in a sentence for the user."""
        self._clock = clock
        self._process_start = process_start
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take the lock. Raises DaemonError, which names the holder, if it is held."""
        content = f"{os.getpid()}\n{timestamp(self._clock())}\n{self.kind}\n".encode()
        while self._descriptor is None:
            self._descriptor = durable.publish_held(self.path, content, over=False)
            if self._descriptor is None:
                self._descriptor = self._take_over(content)
        try:
            durable.remove(self.path.with_name(RELEASE))
        except DaemonError:
            self.__exit__(None, None, None)  # else it is held, and nobody is there to give it back
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lock back."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        try:
            if _is_at(descriptor, self.path):
                durable.remove(self.path)
        finally:
            os.close(descriptor)  # whatever could not be removed: the kernel's lock is what counts

    def _take_over(self, content: bytes) -> int | None:
        """Replace a lock whose holder is dead; None if the file went away meanwhile."""
        try:
            old = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DaemonError(
                f"cannot open {self.path}: {error.strerror}", hint="look at its owner and mode"
            ) from error
        try:
            holder = _parsed(os.pread(old, _LONGEST, 0))
            try:
                fcntl.flock(old, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in {errno.EAGAIN, errno.EACCES}:
                    raise DaemonError(f"cannot lock {self.path}: {error.strerror}") from error
                if not _is_at(old, self.path):  # that file is nobody's by now: look at the one that took its place
                    return None
                raise self._busy(holder) from None
            if not _is_at(old, self.path):
                return None
            holder = _parsed(os.pread(old, _LONGEST, 0))  # under the lock: what stands there cannot change any more
            if holder is not None and self._lives(holder):
                raise self._busy(holder)
            descriptor = durable.publish_held(self.path, content, over=True)
            self.told = f"removed the stale session lock {self.path}: {holder or 'its holder'} is gone"
            return descriptor
        finally:
            os.close(old)

    def _lives(self, holder: Holder) -> bool:
        return _lives(holder, self._process_start)

    def _busy(self, holder: Holder | None) -> DaemonError:
        hint = f"wait until it is done, or ask for it: nexdiag session release {self.path.parent.name}"
        if holder is not None and holder.kind == "chat-nex":
            hint = f"the daemon has it: nexdiag session release {self.path.parent.name}; or: nexdiag service stop"
        return DaemonError(
            f"session lock busy: {self.path} is held by {holder or 'a process that does not say which'}", hint=hint
        )


def holder(directory: Path) -> Holder | None:
    """Read who holds, or last held, the session; None if nobody is named."""
    return _parsed(durable.read(directory / NAME)[:_LONGEST])


def is_held(directory: Path, *, process_start: Callable[[int], float | None] = process_start) -> bool:
    """Whether somebody works on the session now. Nothing is taken, nothing is made."""
    try:
        file = os.open(directory / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    found = holder(directory)
    return found is not None and _lives(found, process_start)


def request_release(directory: Path, *, clock: durable.Clock = time.time) -> None:
    """Ask whoever holds the session to leave it after its turn."""
    durable.replace(directory / RELEASE, f"{timestamp(clock())}\n".encode())


def release_requested(directory: Path) -> bool:
    """Whether the holder was asked to leave. Taking the lock withdraws the request."""
    return (directory / RELEASE).exists()


def _lives(holder: Holder, process_start: Callable[[int], float | None]) -> bool:
    """Whether a holder that does not flock is alive: that very process, not a later one with its number."""
    if holder.pid == os.getpid():
        return False
    started = process_start(holder.pid)
    written = seconds(holder.since)
    return started is not None and (written is None or started <= written + _SLACK)


def _parsed(content: bytes) -> Holder | None:
    pid, since, kind = (*content.decode("utf-8", "replace").split("\n"), "", "", "")[:3]
    if not (pid.isascii() and pid.isdigit() and len(pid) < len(str(2**63)) and int(pid) > 0):
        return None
    return Holder(pid=int(pid), since=since[:40], kind=kind[:40])


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether that open file is the one that stands there under its name now."""
    there = durable.facts(path)
    return there is not None and os.path.samestat(os.fstat(descriptor), there)
