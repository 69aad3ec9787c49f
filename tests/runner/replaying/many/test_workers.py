"""Several processes that do the same work."""

import contextlib
import multiprocessing
import os
import time
from pathlib import Path

import pytest
import replay_work

from nexdiag.runner.replaying.many.workers import cores, in_order


def died(number: int, why: str) -> int:
    """A number that nothing doubles to, with the reason beside it."""
    DEATHS[number] = why
    return -number


DEATHS: dict[int, str] = {}


def alive(pid: int) -> bool:
    """Whether a process is there; a zombie is not."""
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_what_they_give_comes_in_order_and_a_death_is_of_one() -> None:
    """A process that ended or was killed is told for what it worked on; all others are done by those that follow it."""
    DEATHS.clear()
    todo = [5, 7, 4, 8, 3, 2, 1]
    assert list(in_order(replay_work.doubled, todo, 2, died)) == [10, -7, 8, -8, 6, 4, 2]
    assert DEATHS == {7: "it ended with exit code 3", 8: "it was ended by SIGKILL"}


def test_a_reader_that_wants_no_more_ends_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an interrupt does: nothing is left running."""
    seen = tmp_path / "pid"
    monkeypatch.setenv("REPLAY_WORK", str(seen))
    coming = in_order(replay_work.doubled, [1, 9], 2, died)
    assert next(coming) == 2
    deadline = time.monotonic() + 60
    while not seen.exists() or not seen.read_text():
        assert time.monotonic() < deadline, "the process has never begun"
        time.sleep(0.01)
    pid = int(seen.read_text())
    assert alive(pid)
    coming.close()  # type: ignore[attr-defined]  # it is a generator
    assert not alive(pid)


def test_what_fails_there_is_no_traceback_here(capfd: pytest.CaptureFixture[str]) -> None:
    """It may hold recorded text, which a terminal would obey."""
    DEATHS.clear()
    assert list(in_order(replay_work.doubled, [6, 1], 1, died)) == [-6, 2]
    assert DEATHS == {6: "it ended with exit code 1"}
    assert capfd.readouterr().err == ""


def test_one_that_died_without_work_costs_nothing() -> None:
    """Another takes its place before it is given anything."""
    DEATHS.clear()
    coming = in_order(replay_work.doubled, [1, 2], 1, died)
    assert next(coming) == 2
    (idle,) = multiprocessing.active_children()
    idle.kill()
    idle.join()
    assert list(coming) == [4]
    assert not DEATHS


def test_without_work_nothing_is_started() -> None:
    """And there is a core."""
    assert list(in_order(replay_work.doubled, [], 4, died)) == []
    assert cores() >= 1
