"""One executor on one conversation, which can be changed for another."""

import json
import os
import signal
import threading
from pathlib import Path

import msgspec
import pytest
from model_server import answers, calls, chunk, holds, serving, stream_head
from talking import crew, talking

from nexdiag.agent import config as configuration
from nexdiag.agent.progress import Progress, TextDelta
from nexdiag.agent.session.conversation import open_session
from nexdiag.core.errors import DaemonError, UsageError
from nexdiag.core.message import Message, Usage
from nexdiag.core.turn import Turn
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


def interrupted(place: Path, answer: bytes, at: type[Progress], *, times: int) -> tuple[Turn | None, Turn | None]:
    """A turn in which Ctrl-C is pressed so often when that is told for the first time; and the one after it."""
    left = [times]

    def tell(told: Progress) -> None:
        while isinstance(told, at) and left[0]:
            left[0] -= 1
            signal.raise_signal(signal.SIGINT)

    hold = threading.Event()
    with serving(holds(hold, stream_head(), answer), answers("Yes.")) as server:
        server.only_chats = True
        made = crew(server.url, place)
        made = msgspec.structs.replace(made, config=configuration.Config())
        talker = Talker(made, state=None, tell=tell, say=lambda text: None)
        try:
            talker.open()
            return talker.play("first"), talker.play("second")
        finally:
            hold.set()
            talker.close()


def test_ctrl_c_stops_a_turn_gently_and_the_next_one_is_answered(tmp_path: Path) -> None:
    """In mid-stream: the turn is cancelled, and nothing of it is sent again by itself (reference fault 31)."""
    first, second = interrupted(tmp_path, chunk({"content": "One"}), TextDelta, times=1)
    assert first is not None
    assert first.outcome == "cancelled"
    assert second is not None
    assert second.reply == "Yes."


def test_a_second_ctrl_c_ends_what_runs(tmp_path: Path) -> None:
    """A tool that would run for a minute is ended with its processes, and the session goes on."""
    command = f"echo $$ > {tmp_path / 'pid'}; sleep 60"
    call = calls(("c", "bash", json.dumps({"command": command})))

    pressed = threading.Event()

    def press() -> None:
        for _ in range(1000):
            if (tmp_path / "pid").exists():
                break
            pressed.wait(0.01)
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            pressed.wait(0.2)

    thread = threading.Thread(target=press)
    thread.start()
    first, second = interrupted(tmp_path, call, TextDelta, times=0)
    thread.join()
    assert first is None
    assert second is not None
    assert second.reply == "Yes."
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()
