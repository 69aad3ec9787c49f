"""Promises of `nexdiag.capture.logs.follow`, kept with real files and real commands."""

import functools
import os
import shlex
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nexdiag.capture.logs import follow as logs
from nexdiag.capture.logs.follow import Logs
from nexdiag.core.errors import UsageError
from nexdiag.core.turn import LogLine

PATIENCE = 20.0


class Kept:
    """What was kept, and a way to wait for it."""

    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self._came = threading.Condition()

    def __call__(self, line: LogLine) -> None:
        with self._came:
            self.lines.append(line)
            self._came.notify_all()

    def until(self, count: int) -> None:
        """Wait until so many lines were kept."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.lines) >= count, PATIENCE), self.texts

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.lines]


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "serve.log"
    path.write_text("old\n")
    return path


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def program(*lines: str) -> str:
    """A command that runs these lines of Python."""
    return shlex.join([sys.executable, "-u", "-c", "\n".join(("import os, signal, sys, time", *lines))])


def gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def until(true: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_file_is_read_from_where_it_ends_now(log: Path, kept: Kept) -> None:
    """What was there before is not of this recording; what came up to the very end is, with or without a line end."""
    with Logs([str(log)], kept) as following:
        append(log, "2026-05-20T14:03:11.482Z [WARN] one\ntwo")
    assert kept.texts == ["one", "two"]
    assert kept.lines[0].level == "WARN"
    assert {line.source for line in kept.lines} == {"serve.log"}
    assert following.count == 2


def test_lines_are_kept_while_it_runs(log: Path, kept: Kept) -> None:
    """Not at the end only: a recording that is killed has them."""
    with Logs([str(log)], kept):
        append(log, "one\ntwo\n")
        kept.until(2)


def test_a_file_may_come_later(tmp_path: Path, kept: Kept) -> None:
    """Then it is read from its beginning."""
    path = tmp_path / "later.log"
    with Logs([str(path)], kept):
        append(path, "first\n")
    assert kept.texts == ["first"]


def test_a_rotated_file_is_followed(log: Path, kept: Kept) -> None:
    """The rest of the old one, then the new one: nothing between is lost."""
    with Logs([str(log)], kept):
        append(log, "one\n")
        kept.until(1)
        append(log, "two\n")
        log.rename(log.with_suffix(".1"))
        append(log, "three\n")
        kept.until(3)
        append(log, "four\n")
    assert kept.texts == ["one", "two", "three", "four"]


def test_a_truncated_file_is_followed(log: Path, kept: Kept) -> None:
    """It begins again from its first byte."""
    with Logs([str(log)], kept):
        append(log, "a longer line than the next\n")
        kept.until(1)
        os.truncate(log, 0)
        append(log, "next\n")
        kept.until(2)
    assert kept.texts == ["a longer line than the next", "next"]


def test_much_that_was_written_last_is_kept(log: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it, though it is more than one look reads."""
    monkeypatch.setattr(logs, "_AT_ONCE", 1000)
    with Logs([str(log)], kept):
        append(log, "".join(f"line {number}\n" for number in range(2000)))
    assert kept.texts == [f"line {number}" for number in range(2000)]


def test_a_file_that_cannot_be_read_is_told_once(tmp_path: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """And stops nothing: what can be read is read."""
    good, bad = tmp_path / "good.log", tmp_path / "bad.log"
    opened = os.open

    def refused(path: object, flags: int, *more: int) -> int:
        if path == bad:
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(logs.os, "open", refused)
    with Logs([str(bad), str(good)], kept):
        append(good, "fine\n")
        kept.until(2)
    assert sorted(kept.texts) == ["fine", "the log bad.log cannot be read: Permission denied"]


def test_a_command_is_followed_and_ended(kept: Kept, tmp_path: Path) -> None:
    """Both of its outputs, under its name; at the end it and its children are gone, and nobody is told of that."""
    pids = tmp_path / "pids"
    command = program(
        "import subprocess",
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])",
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')",
        "print('out')",
        "print('err', file=sys.stderr)",
        "time.sleep(60)",
    )
    with Logs([command], kept):
        kept.until(2)
    assert sorted(kept.texts) == ["err", "out"]
    assert {line.source for line in kept.lines} == {Path(sys.executable).name}
    for pid in map(int, pids.read_text().split()):
        until(functools.partial(gone, pid))


def test_what_a_command_prints_as_it_is_ended_is_kept(kept: Kept) -> None:
    """What it had not yet handed on."""
    stop = "import os; signal.signal(signal.SIGTERM, lambda *a: (os.write(1, b'last\\n'), sys.exit()))"
    with Logs([program(stop, "os.write(1, b'first\\n')", "time.sleep(60)")], kept):
        kept.until(1)
    assert kept.texts == ["first", "last"]


def test_a_command_that_does_not_want_to_end_is_killed(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that prints without end."""
    monkeypatch.setattr(logs, "_END", 0.1)
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    with Logs([program(ignore, "while True: print('y'); time.sleep(0.001)")], kept):
        kept.until(1)
    assert set(kept.texts) == {"y"}


def test_a_command_that_ends_is_told_once(kept: Kept) -> None:
    """With its code; what it said is kept."""
    with Logs([program("print('no such container', file=sys.stderr)", "sys.exit(3)")], kept):
        kept.until(2)
    name = Path(sys.executable).name
    assert kept.texts == ["no such container", f"the log command {name} ended with 3 before the recording did"]
    assert kept.lines[1].level == "WARN"


def test_a_command_with_signs_of_a_shell_is_given_to_one(kept: Kept) -> None:
    """A pipe, for one; its name is that of its first program."""
    with Logs(["printf 'a\\nb\\n' | grep b; sleep 60"], kept):
        kept.until(1)
    assert kept.texts == ["b"]
    assert kept.lines[0].source == "printf"


def test_the_name_of_a_command_tells_no_option(kept: Kept) -> None:
    """An option may be a secret."""
    with Logs(["env printf --token=sk-secret"], kept):
        kept.until(1)
    assert {line.source for line in kept.lines} <= {"env printf", "nexdiag"}
    assert "sk-secret" not in kept.lines[-1].text


def test_a_file_goes_before_a_command_of_its_name(tmp_path: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """`true` is a program everywhere; here it is a log."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "true"
    path.write_text("")
    with Logs(["true"], kept):
        append(path, "a line\n")
    assert kept.texts == ["a line"]


@pytest.mark.parametrize("source", ["", " ", "no-such-program --follow", "/no/such/directory/x.log", ".", "a\0b"])
def test_what_cannot_be_a_log_is_refused_at_once(source: str, kept: Kept) -> None:
    """Before anything is recorded, in one line and a hint."""
    with pytest.raises(UsageError) as caught:
        Logs([source], kept)
    assert caught.value.hint


def test_nothing_is_started_when_a_later_source_is_refused(tmp_path: Path, kept: Kept) -> None:
    """No command is left behind."""
    pid = tmp_path / "pid"
    with pytest.raises(UsageError):
        Logs([program(f"open({str(pid)!r}, 'w').write(str(os.getpid()))", "time.sleep(60)"), ""], kept)
    assert not pid.exists()


def test_a_listener_that_fails_stops_nothing(log: Path) -> None:
    """The next line is handed to it all the same."""
    seen: list[str] = []

    def keep(line: LogLine) -> None:
        seen.append(line.text)
        raise OSError

    with Logs([str(log)], keep):
        append(log, "one\ntwo\n")
    assert seen == ["one", "two"]


def test_a_child_of_the_command_is_ended_too(kept: Kept, tmp_path: Path) -> None:
    """`docker logs` behind a script, a pipe behind a shell."""
    pid = tmp_path / "pid"
    with Logs([f"sh -c 'echo $$ > {pid}; echo here; sleep 60' | cat"], kept):
        kept.until(1)
    assert gone(int(pid.read_text()))
