"""`nexdiag tui`, as a user types it: in a real terminal (tmux), with a real daemon and the stub endpoint."""

import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from model_server import PATIENCE, Asked, answers, chunk, holds, http, serving, stream_head

from nexdiag.agent.daemon import lifecycle
from nexdiag.cli import tui
from nexdiag.cli.app import run

TMUX = shutil.which("tmux")
_PAUSE = 0.05


class Terminal:
    """A terminal of 80×24 in a tmux of its own."""

    def __init__(self, directory: Path) -> None:
        self._socket = f"nexdiag-{uuid.uuid4().hex[:12]}"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "-c", str(directory), "sh")
        self._tmux("set-option", "-s", "escape-time", "0")

    def _tmux(self, *arguments: str) -> str:
        assert TMUX is not None
        command = [TMUX, "-L", self._socket, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def type(self, *keys: str) -> None:
        """Press keys, by tmux's names; text is typed."""
        self._tmux("send-keys", *keys)

    def paste(self, text: str) -> None:
        """Paste, bracketed where the program asks for it."""
        self._tmux("set-buffer", text)
        self._tmux("paste-buffer", "-p", "-r")

    @property
    def screen(self) -> str:
        """What it shows."""
        return self._tmux("capture-pane", "-p")

    def until(self, holds: Callable[[str], object]) -> str:
        """The screen when it holds; the test fails if that does not come to pass."""
        deadline = time.monotonic() + PATIENCE
        while not holds(self.screen):
            assert time.monotonic() < deadline, self.screen
            time.sleep(_PAUSE)
        return self.screen

    def close(self) -> None:
        """End it and everything in it."""
        self._tmux("kill-server")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    if TMUX is None:
        pytest.skip("tmux is not installed: nothing is known of the UI in a real terminal")
    one = Terminal(tmp_path)
    try:
        yield one
    finally:
        one.close()


def test_in_a_real_terminal(tmp_path: Path, terminal: Terminal) -> None:
    """The daemon is started; type, see the streamed answer, paste, cancel with Esc, leave: the terminal is sane.

    Reference faults 48, 60, 67, 71: the first message is answered, no key is lost, an error is seen.
    """
    state = tmp_path / "s"
    over = threading.Event()
    hangs = holds(over, stream_head() + chunk({"role": "assistant", "content": "I go on and"}))
    answer = answers("The **streamed** ", "answer.")
    said: list[list[object]] = []

    def play(asked: Asked, wire: socket.socket) -> None:
        if not asked.path.endswith("/chat/completions"):  # what it knows of its model is asked too
            wire.sendall(http("{}", "404 Not Found"))
            return
        said.append([message["content"] for message in asked.messages if message["role"] == "user"])
        (hangs if said[-1][-1] == "two\nlines" else answer)(asked, wire)

    with serving(play) as server:
        assert run(["init", "-m", "tiny", "-e", server.url, "--dir", str(state)]) == 0
        command = shlex.join([sys.executable, "-m", "nexdiag", "tui", "--dir", str(state)])
        try:
            terminal.type(f"clear; {command}; echo left with $?", "Enter")
            terminal.until(lambda screen: "Say something below." in screen and "ready" in screen)
            terminal.type("hello there", "Enter")
            terminal.until(lambda screen: "The streamed answer." in screen and "ready" in screen)
            terminal.paste("two\nlines")
            screen = terminal.until(lambda screen: "lines" in screen)
            assert said == [["hello there"]]  # a paste is not sent
            terminal.type("Enter")
            terminal.until(lambda screen: "I go on and" in screen and "answering" in screen)
            terminal.type("Escape")
            screen = terminal.until(lambda screen: "cancelled after" in screen)
            assert "hello there" in screen
            terminal.type("C-q")
            terminal.until(lambda screen: "left with 0" in screen)
            terminal.type("echo still $((6*7)); stty -a | grep -c ' echo '", "Enter")
            terminal.until(lambda screen: "still 42" in screen)
            terminal.type(f"clear; {command}", "Enter")
            terminal.until(lambda screen: "The streamed answer." in screen)
            terminal.type("C-q")
        finally:
            over.set()
            lifecycle.stop(state)
    assert said == [["hello there"], ["hello there", "two\nlines"]]


def test_without_a_terminal_it_says_what_to_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", str(tmp_path / "s")]) == 0
    assert run(["tui", "--dir", str(tmp_path / "s")]) == 2
    error = capsys.readouterr().err
    assert "needs a terminal" in error
    assert "hint: without one, use: nexdiag chat MESSAGE" in error


def test_without_textual_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tui, "find_spec", lambda name: None)
    assert run(["tui"]) == 2
    assert "pip install 'nexdiag[tui]'" in capsys.readouterr().err


def test_help_and_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tui", "--help"]) == 0
    assert "--chat" in capsys.readouterr().out
    assert run(["tui", "--chat", "-1"]) == 2
    assert run(["tui", "--dir", "/nonexistent"]) == 2
    assert "nexdiag init" in capsys.readouterr().err
