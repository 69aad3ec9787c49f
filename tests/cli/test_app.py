"""All commands in one place, and what happens to their errors."""

import asyncio
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nexdiag import __version__
from nexdiag.cli.app import _ended_by_signals, app, run


def test_every_command_has_an_example_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` of each command ends with a line that can be typed."""
    names = [command.name for command in app.registered_commands]
    assert {"demo", "init", "chat", "nex", "capture", "replay", "lint", "report", "rule", "endpoint"} <= set(names)
    for name in [*names, "service start", "service stop", "service status", "service logs", "service run"] + [
        f"cassette {name}" for name in ("check", "repair", "show", "prune", "stats", "git-setup")
    ]:
        assert run([*str(name).split(), "--help"]) == 0
        assert f"Example: nexdiag {name}" in capsys.readouterr().out, name


def test_version_is_told_both_ways() -> None:
    """`--version` prints one line, on the fast path and behind other options."""
    for arguments in (["--version"], ["-q", "--version"]):
        done = subprocess.run([sys.executable, "-m", "nexdiag", *arguments], capture_output=True, text=True, check=True)
        assert done.stdout == f"nexdiag {__version__}\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["lint", "--nonsense"], ["init", "-m"], ["capture"], ["lint"]])
def test_a_wrong_command_line_is_two_lines_and_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One line of what, one of hint, nothing on stdout."""
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [line.split(":")[0] for line in shown.err.splitlines()] == ["error", "hint"]


def test_a_traceback_is_shown_with_vv_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """An error of ours is two lines; `-vv` adds where it came from."""
    assert run(["report", "nowhere.cassette.jsonl"]) == 3
    assert "Traceback" not in capsys.readouterr().err
    assert run(["-vv", "report", "nowhere.cassette.jsonl"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_a_fault_of_ours_is_two_lines_and_exit_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks in nexdiag itself is told as that; the traceback is for those who ask for it with -vv."""

    def broken(name: str) -> None:
        raise KeyError(name + "\x1b[2J\n")

    monkeypatch.setattr("nexdiag.lint.rules.find", broken)
    assert run(["rule", "NX101"]) == 3
    what, hint = capsys.readouterr().err.splitlines()
    assert what.startswith("error: internal error: KeyError('NX101")
    assert hint == "hint: this is a fault of nexdiag; see it whole with: nexdiag -vv ..."
    assert run(["-vv", "rule", "NX101"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_an_option_for_every_command_is_told_where_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    """Behind a command it is unknown: the hint says that it stands before it, and not that there is none."""
    assert run(["report", "-q", "x"]) == 2
    assert capsys.readouterr().err.splitlines()[1] == "hint: -q goes before the command: nexdiag -q ..."


BUSY = """
import signal, sys, time
from nexdiag.cli import app

def busy(name):
    try:
        print("busy", flush=True)
        signal.pause()
    finally:
        for number in (signal.SIGHUP, signal.SIGTERM):
            signal.raise_signal(number)
        print("cleaned up", flush=True)

import nexdiag.lint.rules
nexdiag.lint.rules.find = busy
sys.exit(app.run(["rule", "x"]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_command_with_its_cleanup(number: signal.Signals) -> None:
    """Exit 128 + n after what was begun is undone, also if the signal comes again in the middle of that."""
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline() == "busy\n"
        child.send_signal(number)
        assert child.wait(10) == 128 + number
        assert child.stdout.read() == "cleaned up\n"
        assert child.stderr.read() == ""


def test_a_signal_that_is_ignored_stays_ignored_and_others_are_put_back() -> None:
    """Under nohup a command goes on; a program that calls `run` finds its own signals as they were."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run(["rule", "NX101"]) == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_run_works_beside_the_main_thread() -> None:
    """Where no signal can be heard, a command runs all the same."""
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(run(["rule", "NX101"])))
    thread.start()
    thread.join()
    assert codes == [0]


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`nexdiag rule | head -1` ends quietly."""
    command = f"{sys.executable} -m nexdiag rule | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("NX")
    assert done.stderr == ""


def test_a_bare_nexdiag_shows_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """No command is no error: the help is on stdout."""
    assert run([]) == 0
    shown = capsys.readouterr()
    assert "Commands:" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("nexdiag replay CASSETTE | true", 0, ""),
        ("nexdiag rule >&-", 0, ""),
        ("nexdiag rule > /dev/full", 3, "error: cannot go on: No space left on device"),
        ("LC_ALL=POSIX PYTHONUTF8=0 PYTHONIOENCODING=ascii nexdiag report CASSETTE", 0, ""),
    ],
)
def test_wherever_the_output_goes_there_is_no_traceback(command: str, code: int, said: str) -> None:
    """A reader that goes away, a full disk, a terminal that knows only ASCII."""
    cassette = Path(__file__).parents[2] / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl"
    line = command.replace("CASSETTE", str(cassette)).replace("nexdiag ", f"{sys.executable} -m nexdiag ")
    script = f"set -o pipefail; {line}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    assert said in done.stderr


def test_a_signal_ends_a_loop_between_its_callbacks() -> None:
    """What is under way when it comes is done, and what waits is cancelled: no callback of the loop is lost."""
    done: list[str] = []

    async def work() -> None:
        signal.raise_signal(signal.SIGTERM)
        done.append("under way")
        try:
            await asyncio.sleep(3600)
        finally:
            done.append("cancelled")

    with pytest.raises(SystemExit) as left, _ended_by_signals():
        asyncio.run(work())
    assert left.value.code == 128 + signal.SIGTERM
    assert done == ["under way", "cancelled"]
