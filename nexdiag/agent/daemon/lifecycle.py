"""Starting and stopping the daemon from outside. `service run` in the foreground is the truth; this starts one."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from nexdiag.agent.daemon import ipc, lock, log
from nexdiag.agent.daemon.place import ServicePlace
from nexdiag.agent.session.lock import process_start
from nexdiag.core.errors import DaemonError

_READY = 15.0
_STOP = 5.0
_POLL = 0.02
_SHOWN = 300
_children: dict[int, "subprocess.Popen[bytes]"] = {}
"""Daemons that this process has started: until somebody takes their end in, they stay as zombies."""


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A daemon that answers."""

    pid: int
    started_at: str
    chats: int = 0
    """That are open."""
    socket: str = ""
    uptime: float = 0.0
    """Seconds."""
    recording: str | None = None
    """The cassette that it writes."""
    fresh: bool = True
    """Started by this very call, not found running."""
    trouble: str | None = None
    """What went wrong with its recording, if it records."""


def status(state: Path) -> Running | None:
    """The daemon of a state directory, if one answers."""
    try:
        answer = ipc.ask(state, "status", timeout=0.0)
        return msgspec.structs.replace(msgspec.convert(answer, Running), fresh=False)
    except (DaemonError, msgspec.ValidationError):
        return None


def start(state: Path, command: Sequence[str], *, clock: Callable[[], float] = time.monotonic) -> Running:
    """Start `command` (a `service run`) in a session of its own, and wait until it answers.

    Raises `DaemonError` with the end of its log if it dies or stays silent.
    """
    found = status(state)
    if found is not None:
        return found
    place = ServicePlace(state)
    place.make()
    log.rotate(place.log)
    child, begin = _spawn(place, command)
    try:
        return _wait_ready(state, child, begin, clock)
    except BaseException:  # also Ctrl-C: a daemon that nobody waits for is nobody's
        _end(child)
        raise


def _wait_ready(state: Path, child: "subprocess.Popen[bytes]", begin: int, clock: Callable[[], float]) -> Running:
    """Wait until the daemon answers: this one, or another that was started at the same time and was faster."""
    place = ServicePlace(state)
    deadline = clock() + _READY
    while clock() < deadline:
        found = status(state)
        if found is not None and found.pid == child.pid:
            return msgspec.structs.replace(found, fresh=True)
        if found is not None:  # another was started as we were, and was faster
            _end(child)
            return found
        if child.poll() is not None and lock.holder(place) is None:  # else another holds it, and is about to answer
            what = f"the daemon died at its start (exit {child.returncode}): {_last_words(place.log, begin)}"
            raise DaemonError(what, hint=f"see {place.log}")
        time.sleep(_POLL)
    what = f"the daemon did not answer within {_READY:g} s: {_last_words(place.log, begin)}"
    raise DaemonError(what, hint=f"see {place.log}")


def stop(state: Path, *, force: bool = False, clock: Callable[[], float] = time.monotonic) -> int | None:
    """End the daemon; its pid, or None if none ran. Returns when the process is gone, and its files with it."""
    place = ServicePlace(state)
    pid = lock.holder(place)
    if pid is not None and not force:
        with contextlib.suppress(DaemonError):
            ipc.ask(state, "shutdown", timeout=0.0)
            _wait_gone(pid, clock)
    for number in (signal.SIGKILL,) if force else (signal.SIGTERM, signal.SIGKILL):
        if pid is None or _gone(pid):
            break
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            break
        except PermissionError as error:
            raise DaemonError(f"the daemon (pid {pid}) belongs to another user", hint="let its user end it") from error
        _wait_gone(pid, clock)
    lock.sweep(place)
    return pid


def _spawn(place: ServicePlace, command: Sequence[str]) -> tuple["subprocess.Popen[bytes]", int]:
    """The process, and where in the log its words begin."""
    try:
        file = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DaemonError(f"cannot open {place.log}: {error.strerror}", hint="look at its owner and mode") from error
    try:
        begin = os.fstat(file).st_size
        nothing = subprocess.DEVNULL
        child = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=nothing, stdout=nothing, stderr=file, start_new_session=True
        )
    except OSError as error:
        raise DaemonError(f"cannot start {command[0]}: {error.strerror}") from error
    finally:
        os.close(file)
    _children[child.pid] = child
    return child, begin


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Of no more use."""
    child.kill()
    child.wait()
    _children.pop(child.pid, None)


def _wait_gone(pid: int, clock: Callable[[], float]) -> None:
    deadline = clock() + _STOP
    while not _gone(pid) and clock() < deadline:
        time.sleep(_POLL)


def _gone(pid: int) -> bool:
    """Whether the process has ended; a zombie has."""
    child = _children.get(pid)
    if child is None:
        return process_start(pid) is None
    if child.poll() is None:
        return False
    del _children[pid]
    return True


def _last_words(path: Path, begin: int) -> str:
    """The last line that the daemon wrote in this life, but for a hint: that only says what to do about it."""
    try:
        lines = path.read_bytes()[begin:].decode(errors="replace").splitlines()
    except OSError:
        lines = []
    said = [line.strip() for line in lines if line.strip() and not line.startswith("hint:")]
    return said[-1][:_SHOWN] if said else "it wrote no log"
