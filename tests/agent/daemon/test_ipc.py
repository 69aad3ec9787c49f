"""Promises of nexdiag.agent.daemon.ipc: a client gets the daemon's answer, or one line that says why not."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nexdiag.agent.daemon import ipc
from nexdiag.agent.daemon.place import ServicePlace, socket_address
from nexdiag.agent.daemon.protocol import LONGEST_ASK
from nexdiag.core.errors import DaemonError, UsageError


@contextmanager
def answering(state: Path, reply: bytes) -> Iterator[list[bytes]]:
    """A daemon that sends these bytes to whoever asks, and hangs up; what it heard."""
    place = ServicePlace(state)
    place.make()
    heard: list[bytes] = []

    def serve() -> None:
        client, _ = listening.accept()
        with client:
            heard.append(client.makefile("rb").readline())
            client.sendall(reply)

    with socket.socket(socket.AF_UNIX) as listening:
        address, directory = socket_address(place.socket)
        listening.bind(address)
        listening.listen()
        if directory is not None:
            os.close(directory)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield heard
        thread.join(20)


def test_a_request_is_one_line_and_so_is_its_answer(tmp_path: Path) -> None:
    """Whatever is in the message: its line ends are escaped."""
    with answering(tmp_path, b'{"ok": true, "x": 1}\n') as heard:
        assert ipc.ask(tmp_path, "user_chat", timeout=3.0, message="two\nlines") == {"ok": True, "x": 1}
    assert json.loads(heard[0]) == {"cmd": "user_chat", "timeout": 3.0, "message": "two\nlines"}


def test_a_deep_state_directory_is_reached(tmp_path: Path) -> None:
    """Beyond the 108 bytes of a socket address, and no directory stays open."""
    deep = tmp_path / ("d" * 80) / ("e" * 80)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with answering(deep, b'{"ok": true}\n'):
        assert ipc.ask(deep, "status") == {"ok": True}
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_no_daemon_is_told_with_the_way_to_start_one(tmp_path: Path) -> None:
    """No directory, no socket, a socket that nobody listens on, a file in its place: the same line."""
    place = ServicePlace(tmp_path / "state")

    def down(state: Path) -> None:
        with pytest.raises(DaemonError, match=f"no daemon runs for {state}") as refused:
            ipc.ask(state, "status")
        assert "nexdiag service start" in refused.value.hint

    down(place.state)
    down(tmp_path / ("d" * 200))
    place.make()
    down(place.state)
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(place.socket))
    down(place.state)
    place.socket.unlink()
    place.socket.write_text("no socket")
    down(place.state)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (b'{"ok": false, "error": "no such chat"}\n', "the daemon says: no such chat"),
        (b'{"ok": tr\n', "not JSON"),
        (b"\xff\n", "not JSON"),
        (b"[" * 100_000 + b"\n", "not JSON"),
        (b"[1]\n", "no JSON object"),
        (b"null\n", "no JSON object"),
        (b'{"ok": true', "went away in mid-answer"),
        (b"", "went away in mid-answer"),
    ],
)
def test_a_bad_answer_is_told(tmp_path: Path, reply: bytes, told: str) -> None:
    """A refusal in the daemon's words; anything else as what it is, with where to look."""
    with answering(tmp_path, reply), pytest.raises(DaemonError, match=told) as refused:
        ipc.ask(tmp_path, "status")
    assert "nexdiag service logs" in refused.value.hint


def test_an_answer_without_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot fill the memory."""
    monkeypatch.setattr(ipc, "LONGEST_LINE", 1000)
    with answering(tmp_path, b"x" * 1500), pytest.raises(DaemonError, match="longer than 1000 bytes"):
        ipc.ask(tmp_path, "status")


def test_a_silent_daemon_is_left_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time that it was asked to wait, and a little more."""
    monkeypatch.setattr(ipc, "_GRACE", 0.05)
    place = ServicePlace(tmp_path)
    place.make()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place.socket))
        listening.listen()
        with pytest.raises(DaemonError, match=r"did not answer within 0\.15 s"):
            ipc.ask(tmp_path, "status", timeout=0.1)


def test_a_request_that_no_daemon_would_read_is_not_sent(tmp_path: Path) -> None:
    """It is the user's mistake, with both sizes."""
    with pytest.raises(UsageError, match=f"at most {LONGEST_ASK} can be sent"):
        ipc.ask(tmp_path, "user_chat", message="x" * LONGEST_ASK)
