"""Promises of nexdiag.agent.daemon.lock: one daemon a state directory, and nobody else's pid is ever told."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nexdiag.agent.daemon import lock
from nexdiag.agent.daemon.place import ServicePlace
from nexdiag.core.errors import DaemonError

HOLDER = """
import sys
from pathlib import Path
from nexdiag.agent.daemon import lock
from nexdiag.agent.daemon.place import ServicePlace
lock.take(ServicePlace(Path(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""
CONTENDER = """
import os, sys
from pathlib import Path
from nexdiag.agent.daemon import lock
from nexdiag.agent.daemon.place import ServicePlace
from nexdiag.core.errors import DaemonError
place = ServicePlace(Path(sys.argv[1]))
done = 0
while done < 30:
    try:
        held = lock.take(place)
    except DaemonError:  # the pid that is told is never one of an earlier life: its owner would be killed for it
        assert lock.holder(place) != os.getpid()
        continue
    assert lock.holder(place) == os.getpid()
    os.close(os.open(place.directory / "inside", os.O_CREAT | os.O_EXCL))
    os.unlink(place.directory / "inside")
    done += 1
    if done % 3:
        lock.release(place, held)
    else:
        os.close(held)  # as if it had been killed: the file stays
"""


@pytest.fixture
def place(tmp_path: Path) -> ServicePlace:
    made = ServicePlace(tmp_path)
    made.make()
    return made


def leave_a_dead_one(place: ServicePlace, pid: int) -> None:
    """What a killed daemon leaves, whose number another process has by now."""
    place.lock.write_text(f"{pid}\n")
    place.record.write_text(f'{{"pid": {pid}}}')
    place.socket.touch()


def test_the_holder_is_told_while_it_lives(place: ServicePlace) -> None:
    """Its pid, in a file for its owner alone; nobody before, nobody after, and no file either."""
    assert lock.holder(place) is None
    held = lock.take(place)
    assert lock.holder(place) == os.getpid()
    assert place.lock.stat().st_mode & 0o777 == 0o600
    lock.release(place, held)
    assert lock.holder(place) is None
    assert list(place.directory.iterdir()) == []


def test_a_second_daemon_is_refused(place: ServicePlace) -> None:
    """The error says for which directory one runs, and how to end it."""
    held = lock.take(place)
    with pytest.raises(DaemonError, match=f"a daemon already runs for {place.state}") as refused:
        lock.take(place)
    assert "nexdiag service stop" in refused.value.hint
    lock.release(place, held)


def test_a_killed_daemon_stops_nobody(place: ServicePlace) -> None:
    """The kernel gives its lock back; the next one takes its place, and its pid is the one that is told."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(place.state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        assert lock.holder(place) == child.pid
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert place.lock.exists()
        assert lock.holder(place) is None
    lock.release(place, lock.take(place))


@pytest.mark.parametrize("left", ["", "nonsense", "0", "-1", "9" * 40, "1", "self"])
def test_a_file_without_a_lock_names_nobody(place: ServicePlace, left: str) -> None:
    """Whatever a dead daemon's file says, the pid in it belongs to somebody else by now, or to nobody."""
    place.lock.write_text(left.replace("self", str(os.getpid())))
    assert lock.holder(place) is None
    lock.release(place, lock.take(place))


def test_two_who_look_do_not_take_each_other_for_a_daemon(place: ServicePlace) -> None:
    """While one looks at what a dead daemon left, another sees a dead daemon too, and a new one can start."""
    place.lock.write_text("1\n")
    with place.lock.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        assert lock.holder(place) is None
        lock.release(place, lock.take(place))


def test_what_a_dead_daemon_left_is_swept(place: ServicePlace) -> None:
    """Socket, record and lock file go; the log stays."""
    leave_a_dead_one(place, os.getpid())
    place.log.touch()
    lock.sweep(place)
    assert list(place.directory.iterdir()) == [place.log]


def test_what_a_living_daemon_has_is_not_swept(place: ServicePlace) -> None:
    """Also while it only just starts."""
    held = lock.take(place)
    place.socket.touch()
    lock.sweep(place)
    assert place.socket.exists()
    assert lock.holder(place) == os.getpid()
    lock.release(place, held)


def test_where_nothing_is_nothing_is_made(tmp_path: Path) -> None:
    """To look at a state directory that never had a daemon leaves no trace there."""
    place = ServicePlace(tmp_path / "never")
    assert lock.holder(place) is None
    lock.sweep(place)
    assert list(tmp_path.iterdir()) == []


def test_never_two_at_once(place: ServicePlace) -> None:
    """Three programs that take, leave and die all the time are never inside together, and each gets its turn."""
    command = [sys.executable, "-c", CONTENDER, str(place.state)]
    children = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    complaints = [child.communicate(timeout=60)[1].decode() for child in children]
    assert [child.returncode for child in children] == [0, 0, 0], complaints
