"""Promises of nexdiag.agent.daemon.lifecycle: a daemon that was started answers, and one that was stopped is gone."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nexdiag.agent import config
from nexdiag.agent.daemon import ipc, lifecycle, lock
from nexdiag.agent.daemon.lifecycle import Running
from nexdiag.agent.daemon.place import ServicePlace
from nexdiag.core.errors import DaemonError

SERVE = """
import asyncio, sys, time
from pathlib import Path
from nexdiag.agent.daemon.server import Daemon
from nexdiag.core.errors import NexdiagError
async def main():
    daemon = Daemon(Path(sys.argv[1]), None, clock=time.time, new_request_id=lambda: "r")
    await daemon.serve()
try:
    asyncio.run(main())
except NexdiagError as error:
    sys.exit(f"error: {error.what}\\nhint: {error.hint}")
"""


def daemon(state: Path) -> list[str]:
    return [sys.executable, "-c", SERVE, str(state)]


def script(text: str) -> list[str]:
    return [sys.executable, "-c", text]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state"
    lifecycle.stop(tmp_path / "state", force=True)


def gone(pid: int) -> bool:
    return lifecycle._gone(pid)


def test_started_it_answers_and_stopped_it_is_gone(state: Path) -> None:
    """From the first call to the last; with nothing left but its log."""
    assert lifecycle.status(state) is None
    running = lifecycle.start(state, daemon(state))
    assert running.fresh
    found = lifecycle.status(state)
    assert found is not None
    assert (found.pid, found.started_at, found.fresh) == (running.pid, running.started_at, False)
    assert found.socket == str(state / "service" / "daemon.sock")
    assert (found.uptime > 0, found.recording) == (True, None)
    assert lifecycle.stop(state) == running.pid
    assert gone(running.pid)
    assert [path.name for path in (state / "service").iterdir()] == ["daemon.log"]
    assert (state / "service" / "daemon.log").stat().st_mode & 0o777 == 0o600
    assert lifecycle.status(state) is None


def test_it_leads_a_session_of_its_own(state: Path) -> None:
    """Ctrl-C in the terminal that started it does not reach it."""
    running = lifecycle.start(state, daemon(state))
    assert os.getsid(running.pid) == running.pid != os.getsid(0)


def test_one_that_runs_is_found_and_not_started_again(state: Path) -> None:
    """The second start says that it was there."""
    first = lifecycle.start(state, daemon(state))
    second = lifecycle.start(state, script("raise SystemExit('not to be started')"))
    assert (second.pid, second.fresh) == (first.pid, False)


def test_two_starts_at_once_end_with_one_daemon(state: Path) -> None:
    """Both come back with the same one, and one of them says that it was its own."""
    found: list[Running] = []
    threads = [threading.Thread(target=lambda: found.append(lifecycle.start(state, daemon(state)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({running.pid for running in found}) == 1
    assert sorted(running.fresh for running in found) == [False, True]


def test_one_that_starts_elsewhere_is_waited_for(state: Path) -> None:
    """Where ours died because another holds the lock, that one may be about to answer."""
    place = ServicePlace(state)
    place.make()
    held = lock.take(place)
    known = set(lifecycle._children)
    looks = 0

    def clock() -> float:
        nonlocal looks
        looks += any(child.poll() is not None for pid, child in lifecycle._children.items() if pid not in known)
        if looks == 10:
            lock.release(place, held)
        return 0.0

    with pytest.raises(DaemonError, match="already runs"):
        lifecycle.start(state, daemon(state), clock=clock)
    assert looks >= 10


@pytest.mark.parametrize(
    ("dies", "told"),
    [
        ("raise SystemExit('error: the port is taken\\nhint: take another')", "exit 1): error: the port is taken"),
        ("raise ValueError('boom')", "exit 1): ValueError: boom"),
        ("import os; os._exit(7)", "exit 7): it wrote no log"),
        ("import os; os.kill(os.getpid(), 9)", "exit -9): it wrote no log"),
    ],
)
def test_one_that_dies_at_once_tells_its_last_words(state: Path, dies: str, told: str) -> None:
    """What it wrote last, and not the hint below it, nor a line of an earlier life; and where to read more."""
    place = ServicePlace(state)
    place.make()
    place.log.write_text("2026-05-20T14:03:11.482Z [INFO] an earlier life\n")
    with pytest.raises(DaemonError) as refused:
        lifecycle.start(state, script(dies))
    assert refused.value.what == f"the daemon died at its start ({told}"
    assert str(place.log) in refused.value.hint


def test_one_that_never_answers_is_ended(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its last words are told."""
    monkeypatch.setattr(lifecycle, "_READY", 0.5)
    silent = "import sys, time; print('warming up', file=sys.stderr, flush=True); time.sleep(60)"
    with pytest.raises(DaemonError, match=r"did not answer within 0\.5 s: warming up"):
        lifecycle.start(state, script(silent))


def test_a_command_that_is_none_is_told(state: Path) -> None:
    """The file is named."""
    with pytest.raises(DaemonError, match="cannot start /nowhere/nexdiag"):
        lifecycle.start(state, ["/nowhere/nexdiag"])


def test_a_state_directory_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    """A file in its place is an error with its path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DaemonError, match="cannot make"):
        lifecycle.start(tmp_path / "file", script(""))


def test_stopping_what_does_not_run_is_no_error(state: Path) -> None:
    """There is nothing to do, and nothing is made."""
    assert lifecycle.stop(state) is None
    assert not state.exists()


def test_a_killed_one_is_followed_by_the_next(state: Path) -> None:
    """Its socket, record and lock stand in nobody's way."""
    first = lifecycle.start(state, daemon(state))
    os.kill(first.pid, signal.SIGKILL)
    os.waitpid(first.pid, 0)
    assert ServicePlace(state).socket.exists()
    second = lifecycle.start(state, daemon(state))
    assert second.fresh
    assert second.pid != first.pid


def test_another_process_with_its_number_is_never_killed(state: Path) -> None:
    """A pid in a record or a lock file that nobody holds is somebody else's by now."""
    place = ServicePlace(state)
    place.make()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent:
        for force in (False, True):
            place.record.write_text(f'{{"pid": {innocent.pid}, "started_at": "x"}}')
            place.lock.write_text(f"{innocent.pid}\n")
            place.socket.touch()
            assert lifecycle.stop(state, force=force) is None
            assert list(place.directory.iterdir()) == []
        assert innocent.poll() is None
        innocent.communicate(b"\n")
        assert innocent.returncode == 0


def test_by_force_it_ends_at_once(state: Path) -> None:
    """And what it could not remove is removed."""
    running = lifecycle.start(state, daemon(state))
    assert lifecycle.stop(state, force=True) == running.pid
    assert gone(running.pid)
    assert [path.name for path in (state / "service").iterdir()] == ["daemon.log"]


def test_one_that_hangs_is_killed(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hears neither the request nor the signal; then it is ended all the same."""
    monkeypatch.setattr(ipc, "_GRACE", 0.2)
    monkeypatch.setattr(lifecycle, "_STOP", 0.2)
    running = lifecycle.start(state, daemon(state))
    os.kill(running.pid, signal.SIGSTOP)
    assert lifecycle.stop(state) == running.pid
    assert gone(running.pid)


def test_a_zombie_is_gone() -> None:
    """In a container nobody may take in the end of a process that has ended long ago."""
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], os.environ)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert gone(pid)
    os.waitpid(pid, 0)


def test_the_real_service_starts_and_stops(state: Path) -> None:
    """`python -m nexdiag service run` on a state directory as init writes it."""
    entry = config.EndpointEntry(url="http://127.0.0.1:9/v1", model="m", is_default=True)
    config.write(state, config.Config(llm_endpoints=config.Endpoints(endpoints=(entry,))))
    command = [sys.executable, "-m", "nexdiag", "service", "run", "--dir", str(state)]
    running = lifecycle.start(state, command)
    assert lock.holder(ServicePlace(state)) == running.pid
    assert lifecycle.stop(state) == running.pid
    log = (state / "service" / "daemon.log").read_text().splitlines()
    assert [line.split("] ")[1].split(" (")[0] for line in log] == ["Daemon starting", "Daemon stopped"]


def test_the_real_service_says_why_it_cannot_start(state: Path) -> None:
    """A config that is not valid is told at the start, with its line."""
    state.mkdir()
    (state / "config.toml").write_text("[agent]\nmodel =\n")
    command = [sys.executable, "-m", "nexdiag", "service", "run", "--dir", str(state)]
    with pytest.raises(DaemonError, match=r"died at its start \(exit 2\): error: .*config.toml is not valid.*line 2"):
        lifecycle.start(state, command)
