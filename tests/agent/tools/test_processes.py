"""Everything that a command started is found and ended, whatever group or session it moved to."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nexdiag.agent.tools import processes
from nexdiag.agent.tools.processes import end, family, kill, strike

SPAWN = """
sleep 1001 &
timeout 1002 sleep 1002 &
setsid sleep 1003 &
(set -m; sleep 1004 &)
echo ready
wait
"""
"""Children in the group, in a group of their own, in a session of their own, and one whose parent is gone."""


@pytest.fixture
def shell(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["bash", "-c", request.param], stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        strike(process.pid, signal.SIGKILL, family(process.pid))


def sleepers(leader: int) -> list[str]:
    """The arguments of the sleeping children, once all have become what they shall be."""
    found: list[str] = []
    for process in family(leader):
        words = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode().split("\0")
        if words[0] == "sleep":
            found.append(words[1])
    return sorted(found)


def all_started(leader: int) -> None:
    deadline = time.monotonic() + 10
    while sleepers(leader) != ["1001", "1002", "1003", "1004"]:
        assert time.monotonic() < deadline


@pytest.mark.parametrize("shell", [SPAWN], indirect=True)
def test_the_whole_family_is_ended(shell: subprocess.Popen[bytes]) -> None:
    """Groups, sessions and orphans of a command all end with it."""
    all_started(shell.pid)
    members = family(shell.pid)
    assert len(members) == 6
    asyncio.run(end(shell.pid))
    assert family(shell.pid, members) == set()
    assert shell.wait() == -signal.SIGTERM


@pytest.mark.parametrize(
    "shell", ["trap '' TERM; (trap '' TERM; echo ready; read -r x < <(sleep 1005))"], indirect=True
)
def test_who_will_not_end_is_killed(shell: subprocess.Popen[bytes]) -> None:
    """A command that ignores the request ends all the same, after the grace."""
    asyncio.run(end(shell.pid, grace=0.05))
    assert family(shell.pid) == set()
    assert shell.wait() == -signal.SIGKILL


@pytest.mark.parametrize("shell", [SPAWN], indirect=True)
def test_every_process_is_asked_once(shell: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Only who left the group gets a signal of its own, so that no trap runs twice."""
    all_started(shell.pid)
    members = family(shell.pid)
    outside = {process.pid for process in members if os.getpgid(process.pid) != shell.pid}
    asked: list[int] = []
    kill = os.kill
    monkeypatch.setattr(os, "kill", lambda pid, number: (asked.append(pid), kill(pid, number)))
    strike(shell.pid, signal.SIGTERM, members)
    # Who ends because another one has ended need not be asked any more.
    assert asked
    assert set(asked) <= outside
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("shell", ["trap '' TERM; echo ready; while :; do sleep 0.01; done"], indirect=True)
def test_a_cancellation_shortens_the_grace(shell: subprocess.Popen[bytes]) -> None:
    """Who is cancelled while it asks kills at once, before the cancellation goes on."""

    async def main() -> None:
        task = asyncio.create_task(end(shell.pid, grace=1000))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert family(shell.pid) == set()

    asyncio.run(main())


@pytest.mark.parametrize("shell", ["sleep 1001 & echo ready; wait"], indirect=True)
def test_without_proc_the_group_is_ended(
    shell: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the system has no /proc, signals to the group must do."""
    members = family(shell.pid)
    with monkeypatch.context() as patch:
        patch.setattr(processes, "_PROC", tmp_path / "missing")
        assert family(shell.pid) == set()
        asyncio.run(end(shell.pid, grace=0.05))
    assert family(shell.pid, members) == set()


def test_ending_what_has_ended_does_nothing() -> None:
    """A dead command is no error, and strangers are not its family."""
    with subprocess.Popen(["true"], start_new_session=True) as process:
        while family(process.pid):
            pass
        asyncio.run(end(process.pid))


@pytest.mark.parametrize("shell", [SPAWN], indirect=True)
def test_killing_at_once_leaves_nothing(shell: subprocess.Popen[bytes]) -> None:
    """For those who cannot wait: the whole family, without asking first."""
    kill(shell.pid)
    assert family(shell.pid) == set()
