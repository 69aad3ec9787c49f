"""Who is the daemon of a state directory: `daemon.lock`, flocked for as long as its holder lives.

The kernel gives the lock back however the holder dies. The file holds the holder's pid, and comes into place with
lock and pid at once; so while it is locked, its pid is that of a living daemon, and of no other process.
"""

import contextlib
import fcntl
import os
import time

from nexdiag.agent.daemon.place import ServicePlace
from nexdiag.agent.session import durable
from nexdiag.agent.session.lock import process_start
from nexdiag.core.errors import DaemonError

_A_MOMENT = 0.005
_PID_DIGITS = 10


def take(place: ServicePlace) -> int:
    """Become the daemon; what it returns keeps the lock while it is open. Raises `DaemonError` if there is one."""
    content = f"{os.getpid()}\n".encode()
    while True:
        held = durable.publish_held(place.lock, content, over=False)
        if held is None:
            held = _take_over(place, content)
        if held is not None:
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
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid(file)
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


def _take_over(place: ServicePlace, content: bytes) -> int | None:
    """Put our own lock in the place of a dead daemon's; None if the file went away meanwhile."""
    try:
        old = os.open(place.lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DaemonError(f"cannot open {place.lock}: {error.strerror}", hint="look at its owner and mode") from error
    try:
        fcntl.flock(old, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(old), place.lock.stat()):
            return None
        return durable.publish_held(place.lock, content, over=True)
    except FileNotFoundError:
        return None
    except BlockingIOError as error:
        pid = _pid(old)
        if pid is not None and process_start(pid) is None:  # somebody only looks who the dead daemon was
            time.sleep(_A_MOMENT)
            return None
        hint = "see: nexdiag service status; or end it: nexdiag service stop"
        raise DaemonError(f"a daemon already runs for {place.state}", hint=hint) from error
    finally:
        os.close(old)


def _pid(file: int) -> int | None:
    text = os.pread(file, _PID_DIGITS + 1, 0).split(b"\n")[0]
    return int(text) if text.isdigit() and int(text) > 0 else None
