"""Ends a command with everything that it started.

A process group is not enough: `timeout 60 make` makes a group of its own, `set -m` one for every job, `setsid` even a
session. So the group gets its signal at once, and then everything of the same session, and everything whose parents
lead to the command, is looked up in /proc. Only a process that changed its session and lost its parents gets away.
Where there is no /proc, the group is all there is.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

GRACE = 2.0
"""Seconds between asking and killing."""
_POLL = 0.02
_PAUSE = 0.005
_ROUNDS = 50
"""Killing rounds: a process that forks while it is being killed is met again in the next."""

_PROC = Path("/proc")


class Process(NamedTuple):
    """A process, told from a later one of the same number by its start."""

    pid: int
    start: str


class _Row(NamedTuple):
    process: Process
    parent: int
    group: int
    session: int
    dead: bool


def _table() -> list[_Row]:
    """Return all processes; empty where there is no /proc."""
    rows: list[_Row] = []
    if not _PROC.is_dir():
        return rows
    for name in os.listdir(_PROC):  # noqa: PTH208 - twenty times faster than making a Path of each
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):  # it ended while we looked
                raw = (_PROC / name / "stat").read_text("utf-8", "replace")
                # The name of the program stands in brackets and may hold brackets and blanks itself.
                fields = raw.rpartition(")")[2].split()
                state, parent, group, session = fields[0], int(fields[1]), int(fields[2]), int(fields[3])
                rows.append(_Row(Process(int(name), fields[19]), parent, group, session, state in "ZX"))
    return rows


def family(leader: int, known: Collection[Process] = ()) -> set[Process]:
    """Return what lives of the session `leader`, of all that descends from it, and of the `known` and theirs."""
    rows = _table()
    kin = {row.process.pid for row in rows if leader in (row.session, row.group) or row.process in known}
    kin.add(leader)
    size = 0
    while size != len(kin):
        size = len(kin)
        kin |= {row.process.pid for row in rows if row.parent in kin}
    return {row.process for row in rows if row.process.pid in kin and not row.dead}


def strike(leader: int, number: signal.Signals, members: Collection[Process] = ()) -> None:
    """Send a signal to the group of `leader`, and to each member outside of that group, once each."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
    for process in members:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) != leader:
                os.kill(process.pid, number)


def _group_lives(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _living(leader: int, known: Collection[Process]) -> tuple[bool, set[Process]]:
    members = family(leader, known)
    return bool(members) or (not _PROC.is_dir() and _group_lives(leader)), members


async def end(leader: int, *, grace: float = GRACE) -> None:
    """Ask all processes of a command to end, and kill those that have not after `grace` seconds.

    Cancelling shortens the grace to nothing. The leader must not have been waited for yet, or its number may be
    someone else's by now.
    """
    loop = asyncio.get_running_loop()
    lives, known = _living(leader, ())
    strike(leader, signal.SIGTERM, known)
    deadline = loop.time() + grace
    try:
        while lives and loop.time() < deadline:
            await asyncio.sleep(_POLL)
            lives, members = _living(leader, known)
            known |= members
    finally:
        _kill(leader, known)


def kill(leader: int) -> None:
    """Kill all processes of a command at once, for those who cannot wait."""
    _kill(leader, family(leader))


def _kill(leader: int, known: set[Process]) -> None:
    """Kill until nothing lives. It holds the loop for some milliseconds, so that no cancellation can come between."""
    for _ in range(_ROUNDS):
        lives, members = _living(leader, known)
        if not lives:
            return
        known |= members
        strike(leader, signal.SIGKILL, members)
        time.sleep(_PAUSE)
