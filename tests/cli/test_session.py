"""`nexdiag session`, as a user types it."""

import json
from pathlib import Path

import pytest

from nexdiag.agent.session.conversation import open_chat
from nexdiag.cli.app import run

NOW = 1779285792.009


@pytest.fixture
def state(tmp_path: Path) -> str:
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", str(tmp_path / "s")]) == 0
    return str(tmp_path / "s")


def test_sessions_are_listed_named_forked_archived_and_deleted(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command says what it did, and what to do next."""
    assert run(["session", "list", "--dir", state]) == 4
    assert run(["chat", "--create", "work", "-m", "big", "--dir", state]) == 0
    assert run(["session", "alias", "chat-0", "mine", "--dir", state]) == 0
    assert run(["session", "fork", "mine", "--name", "two", "--chat", "--dir", state]) == 0
    shown = capsys.readouterr()
    assert "go on in it with: nexdiag chat --chat 1 'hello'" in shown.err
    assert run(["session", "list", "--json", "--dir", state]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [session["label"] for session in listed] == ["fork of work", "work"]
    assert "mine" in listed[1]["aliases"]
    assert run(["session", "archive", "two", "--dir", state]) == 0
    assert run(["session", "list", "fork", "--dir", state]) == 4
    assert run(["session", "list", "two", "--dir", state]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("archived")
    assert run(["session", "restore", "two", "--dir", state]) == 0
    assert run(["session", "delete", "two", "--dir", state]) == 2
    assert "--yes" in capsys.readouterr().err
    assert run(["session", "delete", "two", "--yes", "--dir", state]) == 0
    assert run(["session", "release", "mine", "--dir", state]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "mine was free"


def test_a_session_in_use_is_not_touched(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3, one line that names who has it, one hint."""
    with open_chat(Path(state), 0, clock=lambda: NOW):
        assert run(["session", "archive", "chat-0", "--dir", state]) == 3
        shown = capsys.readouterr().err.splitlines()
        assert "session lock busy" in shown[0]
        assert shown[1].startswith("hint: ")
        assert run(["session", "release", "chat-0", "--timeout", "0", "--dir", state]) == 3
        assert "still held by pid" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["archive", "restore", "fork", "release"])
def test_a_session_that_there_is_not_is_a_usage_error(
    state: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, with the nearest names."""
    assert run(["chat", "--create", "x", "--dir", state]) == 0
    assert run(["session", command, "chat-00", "--dir", state]) == 2
    assert "chat-0" in capsys.readouterr().err.splitlines()[1]
