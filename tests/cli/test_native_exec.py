"""`nexdiag native-exec`."""

from pathlib import Path

import pytest

from nexdiag.cli.app import run
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles


def test_a_task_with_an_answer_is_exit_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The answer is on stdout alone."""
    state, prompt = tmp_path / "s", tmp_path / "task.md"
    prompt.write_text("Mend it.")
    wanted = ["native-exec", "--task-id", "t-1", "--prompt-file", str(prompt), "--dir", str(state)]
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("Done.",))) as url:
        assert run(["init", "-m", "m", "-e", url, "--dir", str(state)]) == 0
        assert run([*wanted, "--exec-mode", "bare"]) == 0
        assert capsys.readouterr().out == "Done.\n"
        assert run([*wanted, "--exec-mode", "bore"]) == 2
        assert "bare" in capsys.readouterr().err


def test_a_task_without_an_answer_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An endpoint that is down: exit 3, with the reason (reference fault L25)."""
    state, prompt = tmp_path / "s", tmp_path / "task.md"
    prompt.write_text("Mend it.")
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", str(state)]) == 0
    wanted = ["native-exec", "--task-id", "t-1", "--prompt-file", str(prompt), "--dir", str(state)]
    assert run(wanted) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "did not end well" in shown.err
