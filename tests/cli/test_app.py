"""All commands in one place, and what happens to their errors."""

import subprocess
import sys

import pytest

from nexdiag import __version__
from nexdiag.cli.app import app, run


def test_every_command_has_an_example_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` of each command ends with a line that can be typed."""
    names = [command.name for command in app.registered_commands]
    assert {"demo", "init", "chat", "nex", "capture", "replay", "lint", "report", "rule", "endpoint"} <= set(names)
    for name in [*names, "service start", "service stop", "service status", "service logs", "service run"]:
        assert run([*str(name).split(), "--help"]) == 0
        assert f"Example: nexdiag {name}" in capsys.readouterr().out, name


def test_version_is_told_both_ways() -> None:
    """`--version` prints one line, on the fast path and behind other options."""
    for arguments in (["--version"], ["-q", "--version"]):
        done = subprocess.run([sys.executable, "-m", "nexdiag", *arguments], capture_output=True, text=True, check=True)
        assert done.stdout == f"nexdiag {__version__}\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["lint", "--nonsense"], ["init"], ["capture"], ["lint"]])
def test_a_wrong_command_line_is_two_lines_and_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One line of what, one of hint, nothing on stdout."""
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [line.split(":")[0] for line in shown.err.splitlines()] == ["error", "hint"]


def test_a_traceback_is_shown_with_vv_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """An error of ours is two lines; `-vv` adds where it came from."""
    assert run(["replay", "nowhere.cassette.jsonl"]) == 3
    assert "Traceback" not in capsys.readouterr().err
    assert run(["-vv", "replay", "nowhere.cassette.jsonl"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`nexdiag rule | head -1` ends quietly."""
    command = f"{sys.executable} -m nexdiag rule | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("NX")
    assert done.stderr == ""
