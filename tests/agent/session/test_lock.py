"""Promises of nexdiag.agent.session.lock: one holder at a time, and a dead one stops nobody."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from crashes import full_at, killed_at
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.session import durable, lock
from nexdiag.agent.session.lock import SessionLock, is_held, request_release
from nexdiag.core.errors import DaemonError

NOW = 1779285792.009
HOLDER = """
import sys
from pathlib import Path
from nexdiag.agent.session.lock import SessionLock
with SessionLock(Path(sys.argv[1]), "chat-nex"):
    print("held", flush=True)
    sys.stdin.read()
"""
CONTENDER = """
import os, sys
from pathlib import Path
from nexdiag.agent.session.lock import SessionLock
from nexdiag.core.errors import DaemonError
done = 0
while done < 30:
    try:
        with SessionLock(Path(sys.argv[1]), "chat-nex"):
            mark = os.open(Path(sys.argv[1]) / "inside", os.O_CREAT | os.O_EXCL)
            os.close(mark)
            os.unlink(Path(sys.argv[1]) / "inside")
            done += 1
    except DaemonError:
        pass
"""


def locked(directory: Path, started: float | None = None) -> SessionLock:
    """Make a lock in a world where any other process started at that time, or is dead."""
    return SessionLock(directory, "chat-nex", clock=lambda: NOW, process_start=lambda _pid: started)


def test_the_file_is_the_reference_s(tmp_path: Path) -> None:
    """While it is held, three lines say who, since when and as what, for the owner's eyes; then the file is gone."""
    with locked(tmp_path):
        path = tmp_path / ".handler.pid"
        assert path.read_text() == f"{os.getpid()}\n2026-05-20T14:03:12.009Z\nchat-nex\n"
        assert path.stat().st_mode & 0o777 == 0o600
        assert str(lock.holder(tmp_path)) == f"pid {os.getpid()} (chat-nex) since 2026-05-20T14:03:12.009Z"
    assert list(tmp_path.iterdir()) == []


def test_a_second_holder_is_refused(tmp_path: Path) -> None:
    """Who comes second is told who holds it, even within one process, and can have it afterwards."""
    with locked(tmp_path):
        with (
            pytest.raises(DaemonError, match=rf"session lock busy.*pid {os.getpid()} \(chat-nex\) since 2026"),
            locked(tmp_path),
        ):
            pass
        assert (tmp_path / ".handler.pid").exists()
    with locked(tmp_path) as again:
        assert again.told is None


def test_a_killed_holder_stops_nobody(tmp_path: Path) -> None:
    """A handler that was killed is busy while it lives; then its lock is removed, and that is told."""
    child = subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(DaemonError, match=f"pid {child.pid}"), SessionLock(tmp_path, "tui-pty"):
            pass
        child.send_signal(signal.SIGKILL)
    with SessionLock(tmp_path, "tui-pty") as taken:
        assert taken.told is not None
        assert f"pid {child.pid}" in taken.told


def test_another_process_with_the_number_is_not_the_holder(tmp_path: Path) -> None:
    """A lock whose number was given to a process that started later is stale; one that started before holds it."""
    (tmp_path / ".handler.pid").write_text("4711\n2026-05-20T14:00:00Z\nchat-nex\n")
    with pytest.raises(DaemonError, match="pid 4711"), locked(tmp_path, started=NOW - 1000):
        pass
    with locked(tmp_path, started=NOW - 100) as taken:
        assert taken.told is not None


def test_a_handler_of_the_reference_is_respected(tmp_path: Path) -> None:
    """A live holder that does not flock keeps its lock; the file is left as it was."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with child:
        content = f"{child.pid}\n{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}\nchat-nex\n"
        (tmp_path / ".handler.pid").write_text(content)
        with pytest.raises(DaemonError, match="session lock busy"), SessionLock(tmp_path, "chat-nex"):
            pass
        assert (tmp_path / ".handler.pid").read_text() == content
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet asked how it ended
        with SessionLock(tmp_path, "chat-nex") as taken:
            assert taken.told is not None


@given(st.binary(max_size=50) | st.from_regex(r"[0-9]{1,30}\n.{0,20}\n[a-z]*", fullmatch=True).map(str.encode))
def test_any_stale_lock_is_taken(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever stands in a lock that nobody alive holds, it is taken, and the file is ours."""
    directory = tmp_path_factory.mktemp("session")
    (directory / ".handler.pid").write_bytes(content)
    with locked(directory) as taken:
        assert taken.told is not None
        assert (directory / ".handler.pid").read_text().startswith(f"{os.getpid()}\n")
    assert list(directory.iterdir()) == []


def test_only_one_is_ever_inside(tmp_path: Path) -> None:
    """Programs that take and give back the lock as fast as they can are never inside together."""
    programs = [subprocess.Popen([sys.executable, "-c", CONTENDER, tmp_path]) for _ in range(3)]
    assert [program.wait() for program in programs] == [0, 0, 0]
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_changes_hands_meanwhile_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks at a stale lock while another takes it over does not take it a second time."""
    path = tmp_path / ".handler.pid"
    path.write_text("4711\n\nchat-nex\n")
    flock = fcntl.flock
    held: list[int | None] = []

    def raced(descriptor: int, operation: int) -> None:
        if operation & fcntl.LOCK_NB and not held:
            held.append(durable.publish_held(path, b"815\n\nchat-nex\n", over=True))
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", raced)
    with pytest.raises(DaemonError, match="pid 815"), locked(tmp_path):
        pass
    assert path.read_text().startswith("815")
    assert held[0] is not None
    os.close(held[0])


def test_the_lock_is_given_back_after_a_failure(tmp_path: Path) -> None:
    """An exception inside does not leave the session locked."""
    with pytest.raises(KeyError), locked(tmp_path):
        raise KeyError
    assert lock.holder(tmp_path) is None


def test_a_lock_that_was_taken_over_is_not_removed(tmp_path: Path) -> None:
    """A holder whose file was replaced by another program leaves that program's file alone."""
    with locked(tmp_path):
        (tmp_path / ".handler.pid").unlink()
        (tmp_path / ".handler.pid").write_text("1\n\nadapter\n")
    assert (tmp_path / ".handler.pid").read_text() == "1\n\nadapter\n"


def test_a_request_to_leave_is_withdrawn_by_the_next_holder(tmp_path: Path) -> None:
    """The holder sees that it was asked to leave; who takes the lock after it is not asked."""
    with locked(tmp_path):
        assert not lock.release_requested(tmp_path)
        lock.request_release(tmp_path, clock=lambda: NOW)
        assert lock.release_requested(tmp_path)
        assert (tmp_path / ".handler.release-requested").read_text() == "2026-05-20T14:03:12.009Z\n"
    with locked(tmp_path):
        assert not lock.release_requested(tmp_path)


def test_process_start_tells_the_living_from_the_dead() -> None:
    """This process started before now; one that cannot be, is not."""
    started = lock.process_start(os.getpid())
    assert started is not None
    assert started < time.time() + 2
    assert lock.process_start(2**22 + 1) is None
    assert lock.process_start(10**18) is None


def test_a_missing_session_is_told(tmp_path: Path) -> None:
    """The lock of a session without a directory cannot be taken, and makes none."""
    with pytest.raises(DaemonError, match="gone"), locked(tmp_path / "gone"):
        pass
    assert not (tmp_path / "gone").exists()


def test_a_lock_that_could_not_be_taken_whole_is_not_held(tmp_path: Path) -> None:
    """The disk was full when the old request to leave was removed: nobody is left holding it."""
    request_release(tmp_path)
    with full_at(4), pytest.raises(DaemonError, match="No space left"), SessionLock(tmp_path, "chat-nex"):
        pass
    assert not is_held(tmp_path)
    with SessionLock(tmp_path, "chat-nex"):
        assert is_held(tmp_path)


def test_who_holds_it_can_be_seen_without_taking_it(tmp_path: Path) -> None:
    """A lock of ours by the kernel's word, one of the reference by its process."""
    assert not is_held(tmp_path)
    with SessionLock(tmp_path, "chat-nex"):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)
    (tmp_path / ".handler.pid").write_text("77\n2026-05-20T14:03:12Z\nchat-nex\n")
    assert is_held(tmp_path, process_start=lambda pid: 0.0)
    assert not is_held(tmp_path, process_start=lambda pid: None)


def test_a_busy_chat_says_how_to_get_it(tmp_path: Path) -> None:
    """The daemon's way out is another one than a terminal's (reference fault 52)."""
    busy = pytest.raises(DaemonError)
    with SessionLock(tmp_path, "chat-nex"), busy as caught, SessionLock(tmp_path, "interactive-nex"):
        pass
    assert "nexdiag service stop" in caught.value.hint
    assert f"nexdiag session release {tmp_path.name}" in caught.value.hint


def test_a_kill_at_any_write_of_the_lock_leaves_it_free(tmp_path: Path) -> None:
    """Killed at each in turn, as it is taken, taken over or given back: the next one has it at once."""
    died, point = True, 0
    while died:
        point += 1
        directory = durable.ensure_directory(tmp_path / str(point))
        (directory / ".handler.pid").write_text("4194301\n2026-05-20T14:03:12Z\nchat-nex\n")
        request_release(directory)

        def holds(acknowledge: object, directory: Path = directory) -> None:
            del acknowledge
            for _ in range(2):
                with SessionLock(directory, "chat-nex"):
                    pass

        died, _ = killed_at(point, holds)
        assert not is_held(directory)
        with SessionLock(directory, "chat-nex"):
            assert is_held(directory)
        assert not (directory / ".handler.pid").exists()
    assert point > 10
