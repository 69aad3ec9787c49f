"""Starting and stopping the daemon from outside. `service run` in the foreground is the truth; this starts one."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from nexdiag.agent.daemon import ipc
from nexdiag.agent.daemon.place import ServicePlace
from nexdiag.core.errors import DaemonError

_READY = 15.0
_STOP = 5.0
_POLL = 0.02
_children: dict[int, subprocess.Popen[bytes]] = {}
"""Daemons that this very process started: their ends have to be taken in by it."""


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A daemon that answers."""

    pid: int
    started_at: str
    chats: int = 0
    fresh: bool = True
    """Started by this very call, not found running."""


def status(state: Path) -> Running | None:
    """The daemon of a state directory, if one answers."""
    try:
        answer = ipc.ask(state, "status", timeout=5.0)
    except DaemonError:
        return None
    return Running(pid=answer["pid"], started_at=answer["started_at"], chats=answer.get("chats", 0), fresh=False)


def start(state: Path, command: Sequence[str], *, clock: Callable[[], float] = time.monotonic) -> Running:
    """Start `command` (a `service run`) in a session of its own, and wait until it answers.

    Raises `DaemonError` with the end of its log if it dies or stays silent.
    """
    found = status(state)
    if found is not None:
        return found
    place = ServicePlace(state)
    place.make()
    with place.log.open("ab") as log:
        place.log.chmod(0o600)
        child = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True
        )
    deadline = clock() + _READY
    while clock() < deadline:
        found = status(state)
        if found is not None:
            _children[child.pid] = child
            return msgspec.structs.replace(found, fresh=True)
        if child.poll() is not None:
            raise DaemonError(
                f"the daemon died at its start (exit {child.returncode}): {_last_line(place.log)}",
                hint=f"see {place.log}",
            )
        time.sleep(_POLL)
    child.kill()
    child.wait()
    raise DaemonError(
        f"the daemon did not answer within {_READY:g} s: {_last_line(place.log)}", hint=f"see {place.log}"
    )


def stop(state: Path, *, force: bool = False, clock: Callable[[], float] = time.monotonic) -> int | None:
    """End the daemon; its pid, or None if none ran. Returns when the process is gone."""
    place = ServicePlace(state)
    pid = _pid(place)
    if pid is None or not _held(place):
        return None
    if force:
        os.kill(pid, signal.SIGKILL)
    else:
        with contextlib.suppress(DaemonError):
            ipc.ask(state, "shutdown", timeout=2.0)
    _wait_gone(pid, clock, _STOP)
    if _alive(pid):
        os.kill(pid, signal.SIGTERM)
        _wait_gone(pid, clock, _STOP)
    if _alive(pid):
        os.kill(pid, signal.SIGKILL)
        _wait_gone(pid, clock, _STOP)
    for path in (place.socket, place.record):
        path.unlink(missing_ok=True)
    return pid


def _wait_gone(pid: int, clock: Callable[[], float], seconds: float) -> None:
    deadline = clock() + seconds
    while _alive(pid) and clock() < deadline:
        time.sleep(_POLL)


def _alive(pid: int) -> bool:
    child = _children.get(pid)
    if child is not None:
        if child.poll() is not None:
            del _children[pid]
        return child.returncode is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _held(place: ServicePlace) -> bool:
    """Whether a living daemon holds the lock: a pid alone may belong to another process by now."""
    try:
        file = os.open(place.lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def _pid(place: ServicePlace) -> int | None:
    try:
        return int(json.loads(place.record.read_text())["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "it wrote no log"
    return lines[-1][:300] if lines else "it wrote no log"
