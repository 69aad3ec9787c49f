"""A command that runs in our place, seen from outside: exit codes, signals, terminal, stops."""

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nexdiag.core.errors import UsageError
from nexdiag.runner.wrapped.child import Ended, run

WRAP = (
    "import os, sys; from nexdiag.runner.wrapped.child import run;"
    "ended = run(sys.argv[1:], os.environ);"
    "print('ended', ended.code, ended.signal, flush=True)"
)
"""A program that runs another in its place."""


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", f"import os, signal, sys, time\n{code}"]


@contextmanager
def wrapping(*command: str, **how: object) -> Iterator["subprocess.Popen[str]"]:
    """The program above in a session of its own, without a terminal; it and its command are gone afterwards."""
    child = subprocess.Popen(
        [sys.executable, "-c", WRAP, *command], stdout=subprocess.PIPE, text=True, start_new_session=True, **how
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def line(child: "subprocess.Popen[str]") -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


@pytest.mark.parametrize("code", [0, 1, 7, 127, 255])
def test_its_exit_code_is_handed_back(code: int) -> None:
    assert run(python(f"sys.exit({code})"), os.environ) == Ended(code=code)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV])
def test_a_signal_that_ended_it_counts_as_in_a_shell(number: signal.Signals) -> None:
    ended = run(python(f"os.kill(os.getpid(), {int(number)})"), os.environ)
    assert ended == Ended(code=128 + number, signal=number.name)


def test_it_has_the_environment_it_is_given_and_no_other() -> None:
    there = "sys.exit(0 if os.environ.get('MARK') == 'yes' and 'HOME' not in os.environ else 1)"
    assert run(python(there), {"MARK": "yes"}).code == 0


def test_its_process_id_is_told_when_it_has_started() -> None:
    heard: list[int] = []
    run(python("sys.exit(3)"), os.environ, heard.append)
    assert len(heard) == 1
    assert heard[0] > 0


@pytest.mark.parametrize(
    ("content", "mode", "why"), [("echo hi", 0o700, "Exec format error"), ("#!/bin/sh", 0o600, "Permission denied")]
)
def test_what_cannot_be_run_is_said_with_a_hint(tmp_path: Path, content: str, mode: int, why: str) -> None:
    script = tmp_path / "script"
    script.write_text(content)
    script.chmod(mode)
    with pytest.raises(UsageError, match=why) as caught:
        run([str(script)], os.environ)
    assert "#!/bin/sh" in caught.value.hint


def test_our_own_ways_with_signals_are_back_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    run(python(""), os.environ)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_what_a_shell_has_opened_for_it_is_there(tmp_path: Path) -> None:
    """`3>file` reaches the command."""
    with (tmp_path / "out").open("w") as out:
        os.set_inheritable(out.fileno(), True)
        assert run(python(f"os.write({out.fileno()}, b'through')"), os.environ).code == 0
    assert (tmp_path / "out").read_text() == "through"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_to_us_alone_is_handed_on_and_waited_for(number: signal.Signals) -> None:
    """The command ends in its own way, with its own code; where there is no terminal, Ctrl-C too is handed on."""
    heard = f"signal.signal({int(number)}, lambda *a: (os.write(1, b'heard\\n'), sys.exit(9)))"
    with wrapping(*python(f"{heard}\nos.write(1, b'up\\n')\nwhile True: signal.pause()")) as child:
        assert line(child) == "up"
        child.send_signal(number)
        assert line(child) == "heard"
        assert line(child) == "ended 9 None"


def test_a_signal_that_nohup_has_ignored_stays_ignored() -> None:
    """For us and for the command."""
    code = "print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN, flush=True)\nsys.stdin.read()"
    nohup = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731 - a name for what it does
    with wrapping(*python(code), stdin=subprocess.PIPE, preexec_fn=nohup) as child:
        assert line(child) == "True"
        child.send_signal(signal.SIGHUP)
        assert child.stdin is not None
        child.stdin.close()
        assert line(child) == "ended 0 None"
        child.stdin = None


@contextmanager
def on_terminal(*command: str) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """The program with a terminal of its own, in its foreground; and the other end of that terminal."""
    ours, its = pty.openpty()
    take = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    child = subprocess.Popen(
        [sys.executable, "-c", take + WRAP, *command], stdin=its, stdout=its, stderr=its, start_new_session=True
    )
    try:
        yield child, ours
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        os.close(ours)
        os.close(its)


def until(terminal: int, wanted: bytes) -> bytes:
    """What comes on a terminal, up to these words."""
    came = b""
    while wanted not in came:
        came += os.read(terminal, 1000)
    return came


@pytest.mark.parametrize(("apart", "heard"), [("", 1), ("os.setpgid(0, 0)", 0)])
def test_ctrl_c_is_the_terminals_to_send_and_we_wait(apart: str, heard: int) -> None:
    """It goes to the whole group at once. We send it to nobody, also not to a command that has left the group."""
    count = f"{apart}\nn = []\nsignal.signal(signal.SIGINT, lambda *a: n.append(1))"
    tell = "signal.signal(signal.SIGUSR1, lambda *a: (os.write(1, b'counted %d\\n' % len(n)), sys.exit(5)))"
    command = python(f"{count}\n{tell}\nos.write(1, b'up\\n')\nwhile True: signal.pause()")
    with on_terminal(*command) as (child, terminal):
        until(terminal, b"up")
        os.write(terminal, b"\x03")
        until(terminal, b"^C")
        child.send_signal(signal.SIGUSR1)
        came = until(terminal, b"None")
        assert b"counted %d" % heard in came
        assert b"ended 5 None" in came


def test_where_it_stops_we_stop_and_go_on_together() -> None:
    """A program that stops itself under a shell with jobs gives the terminal back to that shell."""
    code = "print('up', flush=True)\nos.kill(os.getpid(), signal.SIGSTOP)\nprint('on', flush=True)"
    with on_terminal(*python(code)) as (child, terminal):
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        child.send_signal(signal.SIGCONT)
        assert b"ended 0" in until(terminal, b"ended 0")


def test_a_terminal_that_a_killed_program_left_without_echo_gets_it_back() -> None:
    raw = "import tty; tty.setraw(0); print('up', flush=True); os.kill(os.getpid(), 9)"
    with on_terminal(*python(raw)) as (_, terminal):
        before = termios.tcgetattr(terminal)[3]
        until(terminal, b"ended 137")
        assert termios.tcgetattr(terminal)[3] == before
        assert before & termios.ECHO


def test_without_a_terminal_a_stop_is_its_own() -> None:
    """Nobody would let us go on: the proxy must live."""
    code = "print('up', os.getpid(), flush=True)\nos.kill(os.getpid(), signal.SIGSTOP)\nsys.exit(4)"
    with wrapping(*python(code)) as child:
        pid = int(line(child).split()[1])
        while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            os.sched_yield()
        assert Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T"
        os.kill(pid, signal.SIGCONT)
        assert line(child) == "ended 4 None"
