"""A state directory on disk, read without a trace."""

import json
import os
from pathlib import Path

import pytest

from nexdiag.core.errors import CassetteError
from nexdiag.runner.linting import state as state_subject
from nexdiag.runner.linting.state import is_chat, is_state, read_chat, read_state

KEY = "019e45c1-0000-7000-8000-000000000000"
ROW = {"id": 1, "timestamp": "2026-05-20T14:03:12Z", "role": "user", "content": "hi", "request_id": "a"}


def lives(pid: int) -> float | None:
    """Pid 7 started at 100, 8 is of somebody who does not tell; nobody else lives."""
    return {7: 100.0, 8: 0.0}.get(pid)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A registry with one chat, which has one question."""
    place = tmp_path / "s"
    (place / "chat" / KEY).mkdir(parents=True)
    record = {"kind": "coordinator", "aliases": ["chat-0", "coordinator-0", "0"]}
    (place / "chat" / "sessions.json").write_text(json.dumps({"version": 1, "sessions": {KEY: record}}))
    (place / "chat" / KEY / "inbox.jsonl").write_text(json.dumps(ROW) + "\n")
    return place


def test_service_and_chats_are_told_apart(state: Path) -> None:
    """The service comes first; the chat has what the registry says of it."""
    assert is_state(state)
    assert not is_chat(state)
    assert is_chat(state / "chat" / KEY)
    service, chat = read_state(state, starts=lives)
    assert (service.path, service.state.directories) == (state, {"chat-0": (f"chat/{KEY}",)})
    assert (chat.path, chat.state.kind, chat.unread) == (state / "chat" / KEY, "coordinator", ())
    assert [row.place for row in chat.state.inbox] == ["inbox.jsonl:1"]


def test_looking_leaves_no_trace(state: Path) -> None:
    """Nothing is written, and no lock is taken: nothing is opened but for reading."""
    before = sorted((path, path.lstat().st_mtime_ns) for path in state.rglob("*"))
    read_state(state, starts=lives)
    assert sorted((path, path.lstat().st_mtime_ns) for path in state.rglob("*")) == before


@pytest.mark.parametrize("name", ["0", "chat-0", ".chat-0", "coordinator-0"])
def test_a_directory_under_a_plain_name_is_the_same_chat(state: Path, name: str) -> None:
    """Older programs wrote there."""
    (state / "chat" / name).mkdir()
    service = read_state(state, starts=lives)[0]
    assert service.state.directories == {"chat-0": (f"chat/{KEY}", f"chat/{name}")}


@pytest.mark.parametrize(
    ("lock", "held"),
    [
        ("7\n1970-01-01T00:01:41Z\nchat-nex\n", True),
        ("7\n1970-01-01T00:01:30Z\nchat-nex\n", False),
        ("8\n2026-05-20T14:03:12Z\nchat-nex\n", True),
        ("9\n2026-05-20T14:03:12Z\nchat-nex\n", False),
        ("nonsense", False),
        ("-1", False),
        ("", False),
    ],
)
def test_a_lock_is_held_by_the_very_process_that_wrote_it(state: Path, lock: str, held: bool) -> None:
    """One that lives, and did not start after the lock was written."""
    (state / "chat" / KEY / ".handler.pid").write_text(lock)
    seen = read_chat(state / "chat" / KEY, starts=lives).state.lock
    assert seen is not None
    assert seen.held is held


def test_what_is_no_regular_file_is_not_opened(state: Path) -> None:
    """A pipe would wait for ever, and a link may lead anywhere: both are told as unread."""
    chat = state / "chat" / KEY
    os.mkfifo(chat / "outbox.jsonl")
    (chat / "conversation.jsonl").symlink_to("/etc/passwd")
    (chat / ".nex-cursor").symlink_to("/etc/passwd")
    read = read_chat(chat, starts=lives)
    assert (read.state.outbox, read.state.journal, read.state.cursor) == ((), (), None)
    assert read.state.partial == {"outbox.jsonl", "conversation.jsonl"}
    assert read.unread == (
        "outbox.jsonl: it cannot be read: it is no regular file",
        "conversation.jsonl: it cannot be read: it is a link",
    )


@pytest.mark.parametrize(("counted", "line"), [(10**6, "inbox.jsonl:9"), (0, "inbox.jsonl")])
def test_of_a_huge_file_the_end_is_read(state: Path, monkeypatch: pytest.MonkeyPatch, counted: int, line: str) -> None:
    """The lines before it are counted, as far as that is cheap."""
    raw = json.dumps(ROW).encode() + b"\n"
    (state / "chat" / KEY / "inbox.jsonl").write_bytes(raw * 10)
    monkeypatch.setattr(state_subject, "MOST", 2 * len(raw) + 5)
    monkeypatch.setattr(state_subject, "_COUNTED", counted)
    read = read_chat(state / "chat" / KEY, starts=lives)
    assert read.state.inbox[0].place == line
    assert [row.good for row in read.state.inbox] == [True, True]
    assert read.state.partial == {"inbox.jsonl"}
    assert "only its last" in read.unread[0]


def test_a_torn_last_line_is_passed_over(state: Path) -> None:
    """It is being written; a whole one without its end counts."""
    path = state / "chat" / KEY / "inbox.jsonl"
    path.write_text(json.dumps(ROW) + '\nnonsense\n{"id": 2, "content": "ha')
    assert [row.good for row in read_chat(path.parent, starts=lives).state.inbox] == [True, False]
    path.write_text(json.dumps(ROW) + "\r\n" + json.dumps(ROW))
    assert [row.good for row in read_chat(path.parent, starts=lives).state.inbox] == [True, True]


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", '{"sessions": []}', '{"sessions": {"a": 3, "b": {"aliases": 7}}}']
)
def test_any_registry_is_read(state: Path, text: str) -> None:
    """The chats stand there all the same."""
    (state / "chat" / "sessions.json").write_text(text)
    assert len(read_state(state, starts=lives)) == 2


def test_old_mail_and_tasks_are_seen(state: Path) -> None:
    """`archive/` tells of a rotation; `output/` holds the sessions of tasks."""
    (state / "chat" / KEY / "archive").mkdir()
    (state / "chat" / KEY / "archive" / "outbox-20260520-140312.jsonl").write_text("")
    (state / "output" / "t1").mkdir(parents=True)
    (state / "output" / "t1" / "conversation.jsonl").write_text("{}\n")
    _, chat, task = read_state(state, starts=lives)
    assert chat.state.rotated
    assert (task.state.kind, task.path.name) == ("task-agent", "t1")


def test_archived_chats_are_told_as_unread(state: Path) -> None:
    """They are over; each can be named."""
    (state / "chat" / ".archive").mkdir()
    (state / "chat" / KEY).rename(state / "chat" / ".archive" / KEY)
    (service,) = read_state(state, starts=lives)
    assert service.unread == ("archived chats: 1 (name their directories, to judge them)",)


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its name."""
    assert not is_state(tmp_path)
    with pytest.raises(CassetteError, match="nowhere"):
        read_state(tmp_path / "nowhere")
