"""Promises of nexdiag.agent.session.conversation: what is on disk is what an executor goes on from."""

import os
from pathlib import Path

import pytest

from nexdiag.agent.session.conversation import (
    Conversation,
    open_chat,
    open_session,
    read_messages,
    waiting_chats,
)
from nexdiag.agent.session.journal import Journal
from nexdiag.agent.session.mailbox import Mailbox
from nexdiag.agent.session.registry import Registry
from nexdiag.codec.chat import ToolSpec
from nexdiag.core.errors import DaemonError, UsageError
from nexdiag.core.message import Message

NOW = 1779285792.009


def clock() -> float:
    return NOW


def user(text: str) -> Message:
    return Message(role="user", content=text)


def model(text: str) -> Message:
    return Message(role="assistant", content=text)


def live(conversation: Conversation) -> None:
    conversation.begin(model="m", provider="http://h/v1", system="be kind", tools=(ToolSpec(name="bash"),))


def test_a_new_chat_is_empty(tmp_path: Path) -> None:
    """No messages, no turns, no system prompt, nothing that had to be repaired."""
    with open_chat(tmp_path, 0, clock=clock) as chat:
        assert (chat.messages, chat.turns, chat.system, chat.told) == ((), 0, None, ())


def test_what_was_said_is_there_the_next_time(tmp_path: Path) -> None:
    """Messages, turns and the system prompt of the first life are the second one's."""
    with open_chat(tmp_path, 3, clock=clock) as chat:
        live(chat)
        chat.journal.message(user("hi"), request_id="r1", turn=1)
        chat.journal.message(model("yo"), request_id="r1", turn=1)
    with open_chat(tmp_path, 3, clock=clock) as chat:
        assert chat.messages == (user("hi"), model("yo"))
        assert (chat.turns, chat.system) == (1, "be kind")
        assert chat.given_answer("r1") == "yo"
        assert not chat.open_question("r1")
    assert read_messages(tmp_path, 3) == (user("hi"), model("yo"))
    with open_chat(tmp_path, 4, clock=clock) as other:
        assert other.messages == ()


def test_an_open_question_is_known_by_its_id(tmp_path: Path) -> None:
    """It is the one that the conversation ends with; a question without an id is none."""
    with open_chat(tmp_path, 0, clock=clock) as chat:
        chat.journal.message(user("hi"), request_id="r1", turn=1)
    with open_chat(tmp_path, 0, clock=clock) as chat:
        assert chat.open_question("r1")
        assert not chat.open_question("r2")
        assert not chat.open_question(None)
        assert chat.given_answer("r1") is chat.given_answer(None) is None


def test_a_turn_that_was_cut_short_is_taken_up_under_its_number(tmp_path: Path) -> None:
    """While its question waits in the mailbox it is not counted as played; once it has failed, it is."""
    with open_chat(tmp_path, 0, clock=clock) as chat:
        row = chat.mailbox.post("hi", "r1")
        chat.journal.message(user("hi"), request_id="r1", turn=1)
    with open_chat(tmp_path, 0, clock=clock) as chat:
        assert chat.turns == 0
        chat.mailbox.fail(row, "no")
        assert chat.turns == 1


def test_a_new_life_reads_what_the_journal_has_come_to(tmp_path: Path) -> None:
    """Whoever begins to work on it, later than it was opened, sees what was written meanwhile; and is noted."""
    with open_chat(tmp_path, 0, clock=clock) as chat:
        live(chat)
        chat.journal.message(user("hi"), request_id="r1", turn=1)
        live(chat)
        assert chat.messages == (user("hi"),)
        assert chat.open_question("r1")
        again = Journal.open(chat.directory)
    assert [type(entry).__name__ for entry in again.entries] == ["InitEntry", "MessageEntry", "InitEntry"]
    assert len({getattr(entry, "seq", None) for entry in again.entries}) == 3


def test_one_process_works_on_a_chat_at_a_time(tmp_path: Path) -> None:
    """The second is told who holds it; afterwards nothing stands in the way, and no lock is left."""
    with (
        open_chat(tmp_path, 0, clock=clock),
        pytest.raises(DaemonError, match=rf"session lock busy.*pid {os.getpid()} \(chat-nex\)"),
        open_chat(tmp_path, 0, clock=clock),
    ):
        pass
    with open_chat(tmp_path, 0, clock=clock) as chat:
        directory = chat.directory
    assert not (directory / ".handler.pid").exists()


def test_what_was_repaired_is_told(tmp_path: Path) -> None:
    """A torn journal and a dead handler's lock are told in sentences."""
    with open_chat(tmp_path, 0, clock=clock) as chat:
        chat.journal.message(user("hi"))
        path, directory = chat.journal.path, chat.directory
    with path.open("ab") as file:
        file.write(b'{"seq": 2, "timest')
    (directory / ".handler.pid").write_text("nonsense")
    with open_chat(tmp_path, 0, clock=clock) as chat:
        assert [told for told in chat.told if "could not be read" in told]
        assert [told for told in chat.told if "stale session lock" in told]
        assert chat.messages == (user("hi"),)


def test_sessions_are_found_by_name(tmp_path: Path) -> None:
    """A new one has a name of its own; it is opened again by that, and a wrong name is told with the nearest."""
    with open_session(tmp_path, None, clock=clock) as session:
        session.journal.message(user("hi"))
        directory = session.directory
    (found,) = Registry(tmp_path).sessions()
    assert found.aliases == ("session-20260520T140312009Z",)
    with open_session(tmp_path, found.aliases[0], clock=clock) as session:
        assert (session.directory, session.messages) == (directory, (user("hi"),))
    with pytest.raises(UsageError, match="none called 'nobody'"), open_session(tmp_path, "nobody", clock=clock):
        pass


def test_chats_that_wait_are_known(tmp_path: Path) -> None:
    """Those with a question that has no answer; not those that are settled, archived, or never were."""
    for number in (2, 5, 7):
        with open_chat(tmp_path, number, clock=clock) as chat:
            row = chat.mailbox.post("hi", f"r{number}")
            if number == 5:
                chat.mailbox.answer(row, "yo")
    assert waiting_chats(tmp_path, clock=clock) == [2, 7]
    Registry(tmp_path).archive("chat-2")
    assert waiting_chats(tmp_path, clock=clock) == [7]
    assert waiting_chats(tmp_path / "never", clock=clock) == []


def test_reading_changes_nothing(tmp_path: Path) -> None:
    """Messages can be read while another program holds the chat; a chat that is none is told."""
    with open_chat(tmp_path, 0, clock=clock) as chat:
        chat.journal.message(user("hi"))
        assert read_messages(tmp_path, 0) == (user("hi"),)
        assert Mailbox(chat.directory).pending() == ()
    with pytest.raises(UsageError, match="chat-9"):
        read_messages(tmp_path, 9)
