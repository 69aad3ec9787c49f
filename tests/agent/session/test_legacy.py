"""Promises of nexdiag.agent.session.legacy: a chat in two places becomes one, and no word of either is lost."""

import json
import os
from pathlib import Path

import pytest
from crashes import killed_at

from nexdiag.agent.session.conversation import open_chat, read_messages, waiting_chats
from nexdiag.agent.session.journal import Journal
from nexdiag.agent.session.legacy import legacy_names, waiting
from nexdiag.agent.session.mailbox import Mailbox
from nexdiag.agent.session.registry import Registry
from nexdiag.core.errors import DaemonError
from nexdiag.core.message import Message

NOW = 1779285792.009


def clock() -> float:
    return NOW


def old_chat(state: Path, name: str = "0") -> Path:
    """A chat under a plain name: one question answered, one open, and what was said."""
    old = state / "chat" / name
    old.mkdir(parents=True)
    mail = Mailbox(old, clock=clock)
    mail.answer(mail.post("one", "r1"), "ONE")
    mail.post("two", "r2")
    journal = Journal.open(old, clock=clock)
    journal.message(Message(role="user", content="one"), request_id="r1", turn=1)
    journal.message(Message(role="assistant", content="ONE"), request_id="r1", turn=1)
    return old


@pytest.mark.parametrize("name", legacy_names(0))
def test_a_plain_directory_is_taken_in(tmp_path: Path, name: str) -> None:
    """Mail, cursor and journal move; what waits still waits, once (reference faults 50, 51, 72)."""
    old = old_chat(tmp_path, name)
    assert waiting(tmp_path / "chat", clock=clock) == {0}
    assert waiting_chats(tmp_path, clock=clock) == [0]
    with open_chat(tmp_path, 0, clock=clock) as chat:
        assert [row.request_id for row in chat.mailbox.pending()] == ["r2"]
        assert [message.text for message in chat.messages] == ["one", "ONE"]
        assert "had a second directory" in chat.told[0]
    assert not old.exists()
    assert waiting_chats(tmp_path, clock=clock) == [0]
    with open_chat(tmp_path, 0, clock=clock) as chat:
        assert chat.told == ()


def test_two_that_both_hold_mail_are_merged(tmp_path: Path) -> None:
    """The chat's own mail and journal stay; only what waits in the other is asked; all of it is kept aside."""
    with open_chat(tmp_path, 0, clock=clock) as chat:
        chat.mailbox.answer(chat.mailbox.post("mine", "m1"), "MINE")
        chat.journal.message(Message(role="user", content="mine"), request_id="m1", turn=1)
    old_chat(tmp_path)
    with open_chat(tmp_path, 0, clock=clock) as chat:
        assert [row.content for row in chat.mailbox.pending()] == ["two"]
        assert [message.text for message in chat.messages] == ["mine"]
        (kept,) = (chat.directory / "archive").iterdir()
    assert (kept / "conversation.jsonl").exists()
    assert [row.request_id for row in Mailbox(kept).questions()] == ["r1", "r2"]


def test_one_that_is_in_use_is_left(tmp_path: Path) -> None:
    """A handler of the reference that still works there is not robbed of its files; it is named."""
    old = old_chat(tmp_path)
    (old / ".handler.pid").write_text(f"{os.getppid()}\n2999-01-01T00:00:00Z\nchat-nex\n")
    with pytest.raises(DaemonError, match=f"held by pid {os.getppid()}"), open_chat(tmp_path, 0, clock=clock):
        pass
    assert (old / "inbox.jsonl").exists()


def test_a_link_to_the_chat_itself_is_left(tmp_path: Path) -> None:
    """Programs made these, too, so that others find the chat."""
    with open_chat(tmp_path, 0, clock=clock) as chat:
        directory = chat.directory
    (tmp_path / "chat" / "0").symlink_to(directory.name)
    with open_chat(tmp_path, 0, clock=clock) as chat:
        assert chat.told == ()
    assert (tmp_path / "chat" / "0").is_symlink()


@pytest.mark.parametrize("both", [False, True])
def test_a_kill_at_any_write_of_the_merge_loses_and_doubles_nothing(tmp_path: Path, both: bool) -> None:
    """Killed at each in turn, then opened again: what was answered stays so, and what waited waits once."""
    died, point = True, 0
    while died:
        point += 1
        state = tmp_path / str(point)
        if both:
            with open_chat(state, 0, clock=clock) as chat:
                chat.mailbox.answer(chat.mailbox.post("mine", "m1"), "MINE")
        old_chat(state)

        def opens(acknowledge: object, state: Path = state) -> None:
            del acknowledge
            with open_chat(state, 0, clock=clock):
                pass

        died, _ = killed_at(point, opens)
        with open_chat(state, 0, clock=clock) as chat:
            assert [row.request_id for row in chat.mailbox.pending()] == ["r2"]
            journaled = [message.text for message in read_messages(state, 0)]
        assert journaled == ["one", "ONE"]
        every = [row for path in state.rglob("inbox.jsonl") for row in map(json.loads, path.read_text().splitlines())]
        assert {row["request_id"] for row in every} >= {"r1", "r2"}
        assert not (Registry(state).chat / "0").exists()
    assert point > 8
