"""`nexdiag chat`: what goes wrong between a message and its reply."""

import io
from pathlib import Path
from typing import Any

import pytest

from nexdiag.agent.session.conversation import open_chat
from nexdiag.cli.app import run
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles


@pytest.fixture
def state(tmp_path: Path) -> str:
    return str(tmp_path / "s")


def test_a_refused_connection_reaches_the_user_as_one_line(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The endpoint is down: exit 3, the URL and the reason in one line, and the daemon lives on."""
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", state]) == 0
    assert run(["service", "start", "--dir", state]) == 0
    capsys.readouterr()
    try:
        assert run(["chat", "hello", "--dir", state]) == 3
        shown = capsys.readouterr().err
        assert "ConnectError" in shown
        assert "127.0.0.1:9" in shown
        assert len(shown.splitlines()) == 2
        assert run(["service", "status", "--dir", state]) == 0
    finally:
        assert run(["service", "stop", "--dir", state]) == 0


def test_a_conversation_goes_on_until_end_of_input(
    state: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """--interactive says each line; - says all of stdin as one message."""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("One.", "Two.", "Three."))) as url:
        assert run(["init", "-m", "m", "-e", url, "--dir", state]) == 0
        assert run(["service", "start", "--dir", state]) == 0
        capsys.readouterr()
        try:
            monkeypatch.setattr("sys.stdin", io.StringIO("first\n\nsecond\n"))
            assert run(["chat", "--interactive", "--dir", state]) == 0
            monkeypatch.setattr("sys.stdin", io.StringIO("third\nin two lines"))
            assert run(["chat", "-", "--dir", state]) == 0
        finally:
            assert run(["service", "stop", "--dir", state]) == 0
    assert capsys.readouterr().out.startswith("One.\nTwo.\nThree.\n")


def test_no_message_is_a_usage_error(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, with an example."""
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", state]) == 0
    assert run(["chat", "--dir", state]) == 2
    assert "nexdiag chat" in capsys.readouterr().err


@pytest.mark.parametrize("message", ["", "  \n", "a\udcff", "x" * 110_000], ids=["empty", "blank", "bytes", "long"])
def test_what_cannot_be_said_is_a_usage_error(state: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 before any daemon is asked: none runs here."""
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", state]) == 0
    capsys.readouterr()
    assert run(["chat", message, "--dir", state]) == 2
    assert "message" in capsys.readouterr().err


def test_bytes_from_stdin_are_a_usage_error(
    state: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2 with the place of the first byte that is no text."""
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", state]) == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"ab\xff"), encoding="utf-8"))
    assert run(["chat", "-", "--dir", state]) == 2
    assert "not utf-8 text (byte 2)" in capsys.readouterr().err


async def locked(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's types
    """A server that knows no key."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 401, "headers": [(b"content-type", b"application/json")]})
    body = b'{"error": {"message": "Invalid API Key", "type": "authentication_error", "code": 401}}'
    await send({"type": "http.response.body", "body": body})


def test_a_wrong_key_names_its_variable_and_not_its_value(
    state: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """401: one line with the server's words and where the key came from, exit 3; the key is in no file and no line."""
    monkeypatch.setenv("MY_WRONG_KEY", "wr0ng-and-secret")
    with serving.running(locked) as url:
        assert run(["init", "-m", "m", "-e", url, "--key-env", "MY_WRONG_KEY", "--dir", state]) == 0
        assert run(["service", "start", "--dir", state]) == 0
        capsys.readouterr()
        try:
            assert run(["chat", "hello", "--dir", state]) == 3
        finally:
            assert run(["service", "stop", "--dir", state]) == 0
    shown = capsys.readouterr().err
    assert "HTTP 401" in shown
    assert "Invalid API Key" in shown
    assert "MY_WRONG_KEY" in shown
    assert "wr0ng-and-secret" not in shown
    written = b"".join(path.read_bytes() for path in Path(state).rglob("*") if path.is_file())
    assert b"wr0ng-and-secret" not in written


def test_chats_are_made_listed_and_looked_at(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a daemon too: a list, a history, the last reply; a fresh chat has none of them."""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("One.", "Two."))) as url:
        assert run(["init", "-m", "m", "-e", url, "--dir", state]) == 0
        assert run(["chat", "--list", "--dir", state]) == 4
        assert run(["chat", "--create", "first", "--dir", state]) == 0
        assert run(["chat", "--last", "--dir", state]) == 4
        assert run(["chat", "--history", "--dir", state]) == 4
        assert run(["service", "start", "--dir", state]) == 0
        try:
            assert run(["chat", "hi", "--dir", state]) == 0
            assert run(["chat", "and?", "--dir", state]) == 0
        finally:
            assert run(["service", "restart", "--dir", state]) == 0
            assert run(["service", "stop", "--dir", state]) == 0
    capsys.readouterr()
    assert run(["chat", "--list", "--dir", state]) == 0
    assert capsys.readouterr().out.split()[:6] == ["0", "first", "nex", "m", "2", "turns"]
    assert run(["chat", "--last", "--dir", state]) == 0
    assert capsys.readouterr().out == "Two.\n"
    assert run(["chat", "--history", "-n", "3", "--dir", state]) == 0
    shown = capsys.readouterr()
    assert shown.out == "assistant: One.\nuser: and?\nassistant: Two.\n"
    assert "1 earlier messages" in shown.err
    assert run(["chat", "--rotate", "--dir", state]) == 4
    assert run(["chat", "--reply", "nobody", "--dir", state]) == 2


@pytest.mark.parametrize(
    "arguments", [["hi", "--history"], ["--last", "--list"], ["hi", "-m", "x"], ["--history", "--chat", "7"]]
)
def test_what_cannot_be_had_together_is_a_usage_error(
    state: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, one line and a hint, and no daemon is asked."""
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", state]) == 0
    capsys.readouterr()
    assert run(["chat", *arguments, "--dir", state]) == 2
    assert capsys.readouterr().err.splitlines()[1].startswith("hint: ")


def test_a_late_reply_can_be_fetched(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the command; a reply that is not there yet is exit 3, one that came is printed.

    (reference fault L6: the reference says nothing, and exits 0)
    """
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", state]) == 0
    with open_chat(Path(state), 0, clock=lambda: 0.0) as chat:
        row = chat.mailbox.post("hi", "r1")
        assert run(["chat", "--reply", "r1", "--dir", state]) == 3
        assert "no reply yet to r1" in capsys.readouterr().err
        chat.mailbox.answer(row, "late")
    capsys.readouterr()
    assert run(["chat", "--reply", "r1", "--dir", state]) == 0
    assert capsys.readouterr().out == "late\n"
