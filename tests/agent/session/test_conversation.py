"""Promises of nexdiag.agent.session.conversation: what is on disk is what an executor goes on from."""

import json
import os
from pathlib import Path

import pytest

from nexdiag.agent.session.conversation import (
    Conversation,
    open_chat,
    open_session,
    open_task,
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
    """Messages, turns and the system prompt of the first life are the second one's (reference fault L4)."""
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


def test_a_look_at_a_chat_makes_no_directory(tmp_path: Path) -> None:
    """What is missing stays missing, and a chat that there is not is told (reference fault 73)."""
    registry = Registry(tmp_path, clock=clock)
    registry.chat_session(0)
    registry.directory("0").rmdir()
    assert read_messages(tmp_path, 0) == ()
    assert waiting_chats(tmp_path, clock=clock) == []
    assert not registry.place("0").exists()
    with pytest.raises(UsageError):
        read_messages(tmp_path, 1)


# ---- a state directory that the reference executor wrote

KEY = "0196f0a2-7c1e-7b3d-9f00-aabbccddeeff"
STAMP = "2026-05-20T14:03:12.118000000Z"


def reference_state(state: Path) -> Path:
    """As it leaves one: version 0, a dead handler's lock, a turn that was journaled twice and answered once."""
    place = state / "chat" / KEY
    place.mkdir(parents=True)
    record = {"kind": "coordinator", "created": STAMP, "aliases": ["chat-0", "coordinator-0", "0"]}
    (state / "chat" / "sessions.json").write_text(json.dumps({"version": 0, "sessions": {KEY: record}}))
    rows = [
        {"id": 1, "timestamp": STAMP, "role": "user", "content": "hi", "request_id": "chat-1-1", "user": "ana"},
        {"id": 2, "timestamp": STAMP, "role": "user", "content": "and?", "request_id": "chat-2-2", "user": "ana"},
    ]
    (place / "inbox.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    answered = {"id": 1, "timestamp": STAMP, "role": "coordinator", "content": "hello", "request_id": "chat-1-1"}
    (place / "outbox.jsonl").write_text(json.dumps(answered) + "\n")
    (place / ".nex-cursor").write_text("1")
    (place / ".cursor").write_text("1\n")
    (place / ".handler.pid").write_text(f"{2**22 - 3}\n{STAMP}\nchat-nex\n")
    text = [{"type": "text", "text": "hi"}]
    entries = [
        {"entry_type": "init", "model": "nex:m", "provider": "oai-compat", "system_prompt": "be kind", "tools": []},
        {"entry_type": "message", "role": "user", "content": text},
        {"entry_type": "message", "role": "user", "content": text},
        {
            "entry_type": "message",
            "role": "assistant",
            "content": [{"type": "text", "text": "hello"}],
            "usage": {"input_tokens": 0, "output_tokens": 0},
            "response_id": "chatcmpl-1",
            "stop_reason": "end_turn",
        },
    ]
    lines = [{"seq": number, "timestamp": STAMP, **entry} for number, entry in enumerate(entries, 1)]
    (place / "conversation.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return place


def test_the_reference_s_chat_goes_on_here(tmp_path: Path) -> None:
    """Its names, its words, its cursor: one question waits, and what was journaled twice was said once.

    (reference faults 49, L1, L20)
    """
    place = reference_state(tmp_path)
    assert waiting_chats(tmp_path, clock=clock) == [0]
    assert read_messages(tmp_path, 0) == (user("hi"), model("hello"))
    with open_chat(tmp_path, 0, clock=clock) as chat:
        assert chat.directory == place
        assert (chat.messages, chat.system) == ((user("hi"), model("hello")), "be kind")
        (row,) = chat.mailbox.pending()
        assert (row.request_id, row.content) == ("chat-2-2", "and?")
        assert "removed the stale session lock" in chat.told[0]
        assert chat.mailbox.answer(row, "so").id == 2
    assert (place / ".nex-cursor").read_text() == "2"
    for name in ("chat-0", "coordinator-0", "0", ".chat-0", KEY, KEY[:8]):
        assert Registry(tmp_path).resolve(name).id == KEY


def test_a_session_whose_directory_is_missing_gets_one(tmp_path: Path) -> None:
    """Named by the registry, made by nobody yet: it can be locked, written to and read (reference fault 61)."""
    key = Registry(tmp_path, clock=clock).chat_session(0).id
    (tmp_path / "chat" / key).rmdir()
    with open_chat(tmp_path, 0, clock=clock) as chat:
        assert chat.directory == tmp_path / "chat" / key
        live(chat)
        chat.mailbox.answer(chat.mailbox.post("hi", "r1"), "yo")
    assert (tmp_path / "chat" / key / "outbox.jsonl").stat().st_size
    task = Registry(tmp_path, clock=clock).task_session("build").id
    (tmp_path / "output" / task).rmdir()
    with open_task(tmp_path, "build", resume=True, clock=clock) as chat:
        assert chat.directory == tmp_path / "output" / "build"
