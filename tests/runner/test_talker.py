"""One executor on one conversation, which can be changed for another."""

import json
from pathlib import Path

import pytest
from talking import crew, talking

from nexdiag.agent.session.conversation import open_session
from nexdiag.core.errors import DaemonError, UsageError
from nexdiag.core.message import Message, Usage
from nexdiag.runner.talker import Talker


def key(talker: Talker) -> str:
    assert talker.conversation is not None
    return talker.conversation.directory.name


def test_a_session_is_gone_on_with_as_it_was(tmp_path: Path) -> None:
    """What was said in it is there again, and is sent again."""
    with talking(tmp_path, state=tmp_path / "s") as talker:
        talker.play("first")
        first = key(talker)
        talker.open()
        assert talker.messages == ()
        talker.open(first)
        assert [message.text for message in talker.messages] == ["first", "One."]


def test_a_name_that_is_none_loses_nothing(tmp_path: Path) -> None:
    """The session that was open is open again, and free for nobody else."""
    with talking(tmp_path, state=tmp_path / "s") as talker:
        talker.play("first")
        before = key(talker)
        with pytest.raises(UsageError, match="nonsense"):
            talker.open("nonsense")
        assert key(talker) == before
        turn = talker.play("second")
        assert turn is not None
        assert turn.reply == "Two."


def test_a_session_that_another_holds_is_not_taken(tmp_path: Path) -> None:
    """Two programs never write one conversation."""
    state = tmp_path / "s"
    with talking(tmp_path, state=state) as talker, open_session(state, None, clock=lambda: 2.0) as other:
        before = key(talker)
        with pytest.raises(DaemonError, match="busy"):
            talker.open(other.directory.name)
        assert key(talker) == before


def test_messages_begin_a_new_session_and_are_kept_in_it(tmp_path: Path) -> None:
    """Loaded messages are in memory and in the journal alike (reference fault L5)."""
    loaded = [Message(role="user", content="a"), Message(role="assistant", content="b")]
    with talking(tmp_path, state=tmp_path / "s") as talker:
        talker.open(messages=loaded)
        assert [message.text for message in talker.messages] == ["a", "b"]
        again = key(talker)
        talker.open(again)
        assert [message.text for message in talker.messages] == ["a", "b"]


def test_without_a_state_directory_nothing_is_written(tmp_path: Path) -> None:
    """Messages can be begun with all the same."""
    with talking(tmp_path) as talker:
        talker.open(messages=[Message(role="user", content="a"), Message(role="assistant", content="b")])
        talker.play("c")
        assert [message.text for message in talker.messages] == ["a", "b", "c", "Two."]
    assert list(tmp_path.iterdir()) == []


def test_the_end_is_noted_in_the_journal(tmp_path: Path) -> None:
    """A good end as `complete`, any other by its reason."""
    state = tmp_path / "s"
    with talking(tmp_path, state=state) as talker:
        for reason in ("eof", "max_turns"):
            talker.end(reason, usage=Usage(), turns=0)
        journal = state / "chat" / key(talker) / "conversation.jsonl"
    assert [json.loads(line)["reason"] for line in journal.read_text().splitlines()[-2:]] == ["complete", "max_turns"]


def test_nothing_is_open_before_it_is_opened(tmp_path: Path) -> None:
    """Asking for the executor then is an error that says what to type."""
    talker = Talker(crew("http://h", tmp_path), state=None, tell=lambda told: None, say=lambda text: None)
    with pytest.raises(UsageError, match="no session is open"):
        _ = talker.driver
    talker.close()
