"""Who is the daemon of a state directory: `daemon.lock`, flocked for as long as its holder lives.

The kernel gives the lock back however the holder dies. The file holds the holder's pid, and comes into place with
lock and pid at once, and nobody else ever locks it alone; so while it is locked, its pid is that of a living daemon,
and of no other process.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator

from nexdiag.agent.daemon.place import ServicePlace
from nexdiag.agent.session import durable
from nexdiag.core.errors import DaemonError

_PID_DIGITS = 10


def take(place: ServicePlace) -> int:
    """Become the daemon; what it returns keeps the lock while it is open. Raises `DaemonError` if there is one."""
    with _one_at_a_time(place):
        if holder(place) is not None:
            hint = "see: nexdiag service status; or end it: nexdiag service stop"
            raise DaemonError(f"a daemon already runs for {place.state}", hint=hint)
        held = durable.publish_held(place.lock, f"{os.getpid()}\n".encode(), over=True)
    if held is None:
        raise DaemonError(f"{place.lock} could not be put in place", hint="look at what stands there")
    return held


def release(place: ServicePlace, held: int) -> None:
    """Be the daemon no more."""
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(held), place.lock.stat()):
            place.lock.unlink()
    os.close(held)


def holder(place: ServicePlace) -> int | None:
    """The pid of the living daemon; None if there is none."""
    try:
        file = os.open(place.lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two who look do not take each other for a daemon
    except BlockingIOError:
        text = os.pread(file, _PID_DIGITS + 1, 0).split(b"\n")[0]
        return int(text) if text.isdigit() and int(text) > 0 else None
    finally:
        os.close(file)
    return None


def sweep(place: ServicePlace) -> None:
    """Remove what a dead daemon left. Under its lock: the files of one that just starts are not touched."""
    if not any(path.exists() for path in (place.socket, place.record, place.lock)):
        return
    with contextlib.suppress(DaemonError):
        held = take(place)
        for path in (place.socket, place.record):
            path.unlink(missing_ok=True)
        release(place, held)


@contextlib.contextmanager
def _one_at_a_time(place: ServicePlace) -> Iterator[None]:
    """Take turns by a lock on the directory: nothing is left behind by it."""
    try:
        directory = os.open(place.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        what = f"cannot open {place.directory}: {error.strerror}"
        raise DaemonError(what, hint="look at its owner and mode") from error
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)
