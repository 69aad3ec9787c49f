"""What can be typed after a slash."""

import json
import stat
from pathlib import Path

import pytest
from talking import talking

from nexdiag.agent.session.journal import Journal
from nexdiag.agent.session.resume import restore
from nexdiag.core.errors import NexdiagError, ToolError, UsageError
from nexdiag.runner import slash


@pytest.mark.parametrize("text", ["/help", "/?", "/bg list", "/nonsense", "/Quit", "/save a b"])
def test_a_slash_and_a_word_is_a_command(text: str) -> None:
    """Also one that there is not: it is told, and never sent."""
    assert slash.is_command(text)


@pytest.mark.parametrize("text", ["/etc/hosts is what?", "a /help", "//", "/", "/3 of it", "1/2"])
def test_a_path_or_a_sentence_is_none(text: str) -> None:
    """Those are for the model."""
    assert not slash.is_command(text)


def test_help_names_every_command(tmp_path: Path) -> None:
    """One line each, with what it does."""
    with talking(tmp_path) as talker:
        told = slash.run(talker, "/help") or ""
        assert slash.run(talker, "/?") == told
        assert [line.split()[0] for line in told.splitlines()] == list(slash.COMMANDS)


@pytest.mark.parametrize("text", ["/quit", "/exit"])
def test_quit_ends_the_session(tmp_path: Path, text: str) -> None:
    """By either name."""
    with talking(tmp_path) as talker:
        assert slash.run(talker, text) is None


def test_an_unknown_command_names_the_nearest(tmp_path: Path) -> None:
    """And says that nothing was sent."""
    with talking(tmp_path) as talker:
        told = slash.run(talker, "/comapct") or ""
    assert "did you mean /compact?" in told
    assert "not sent to the model" in told


def test_clear_begins_anew_and_keeps_the_old_session(tmp_path: Path) -> None:
    """Memory and journal agree: what was cleared is a session of its own, to be resumed (reference fault L5)."""
    with talking(tmp_path, state=tmp_path / "s") as talker:
        talker.play("first")
        assert talker.conversation is not None
        old = talker.conversation.directory.name
        assert "the old one is kept" in (slash.run(talker, "/clear") or "")
        assert talker.messages == ()
        assert "resumed" in (slash.run(talker, f"/resume {old}") or "")
        assert [message.text for message in talker.messages] == ["first", "One."]


def test_what_is_saved_can_be_loaded(tmp_path: Path) -> None:
    """The same messages, in a file that only its owner reads; nothing is overwritten."""
    path = tmp_path / "a conversation.json"
    with talking(tmp_path, state=tmp_path / "s") as talker:
        talker.play("first")
        before = talker.messages
        assert slash.run(talker, f"/save '{path}'") == f"saved 2 messages to {path}"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [one["role"] for one in json.loads(path.read_text())] == ["user", "assistant"]
        with pytest.raises(UsageError, match="exists"):
            slash.run(talker, f"/save '{path}'")
        assert "loaded 2 messages" in (slash.run(talker, f"/load '{path}'") or "")
        assert talker.messages == before


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b"[" * 100_000])
def test_a_file_that_holds_no_messages_is_refused(tmp_path: Path, content: bytes) -> None:
    """With the conversation as it was."""
    (tmp_path / "f").write_bytes(content)
    with talking(tmp_path) as talker:
        talker.play("first")
        with pytest.raises(UsageError):
            slash.run(talker, f"/load {tmp_path / 'f'}")
        assert len(talker.messages) == 2


@pytest.mark.parametrize("text", ["/save", "/load a b", "/save '", "/bg", "/bg dance", "/cancel"])
def test_a_command_with_wrong_words_says_how_it_is_used(tmp_path: Path, text: str) -> None:
    """In its hint."""
    with talking(tmp_path) as talker, pytest.raises(UsageError) as raised:
        slash.run(talker, text)
    assert f"usage: {text.split(maxsplit=1)[0]}" in raised.value.hint


@pytest.mark.parametrize("text", ["/sessions", "/resume x", "/fork"])
def test_what_needs_a_state_directory_says_so(tmp_path: Path, text: str) -> None:
    """Where no session is kept there is none to list, resume or fork."""
    with talking(tmp_path) as talker, pytest.raises(UsageError) as raised:
        slash.run(talker, text)
    assert "nexdiag init" in raised.value.hint


def test_sessions_are_listed_newest_first(tmp_path: Path) -> None:
    """With key and names; a pattern narrows the list."""
    with talking(tmp_path, state=tmp_path / "s") as talker:
        slash.run(talker, "/clear")
        listed = (slash.run(talker, "/sessions") or "").splitlines()
        assert talker.conversation is not None
        assert len(listed) == 2
        assert talker.conversation.directory.name in "".join(listed)
        assert slash.run(talker, "/sessions zzz") == "no sessions"


def test_a_fork_leaves_the_other_as_it_was(tmp_path: Path) -> None:
    """What is said in the copy is not in the original."""
    with talking(tmp_path, state=tmp_path / "s") as talker:
        talker.play("first")
        assert talker.conversation is not None
        origin = talker.conversation.directory.name
        assert "forked" in (slash.run(talker, "/fork second-try") or "")
        assert [message.text for message in talker.messages] == ["first", "One."]
        talker.play("more")
        slash.run(talker, f"/resume {origin}")
        assert [message.text for message in talker.messages] == ["first", "One."]
        slash.run(talker, "/resume second-try")
        assert len(talker.messages) == 4


def test_tokens_and_status_tell_what_is_known(tmp_path: Path) -> None:
    """Sent and received, model, endpoint, session, and the window that the server told."""
    with talking(tmp_path) as talker:
        talker.play("first")
        assert "received" in (slash.run(talker, "/tokens") or "")
        told = slash.run(talker, "/status") or ""
    assert "model     m" in told
    assert "session   not kept, 1 turns, 2 messages" in told
    assert "window    131072 tokens" in told


def test_a_conversation_too_short_to_compact_is_told(tmp_path: Path) -> None:
    """/compact never fails silently."""
    with talking(tmp_path) as talker:
        assert slash.run(talker, "/compact")


def test_background_jobs_need_their_tool(tmp_path: Path) -> None:
    """Without tools, /bg and /cancel say so."""
    with talking(tmp_path) as talker:
        for text in ("/bg list", "/cancel job-1"):
            with pytest.raises((UsageError, ToolError, NexdiagError), match="bg"):
                slash.run(talker, text)


def test_what_is_said_after_clear_is_journaled_elsewhere(tmp_path: Path) -> None:
    """Each journal gives back the very conversation that was in memory while it was written (reference fault L5)."""
    with talking(tmp_path, state=tmp_path / "s") as talker:
        places = []
        for text in ("first", "second"):
            assert talker.play(text) is not None
            assert talker.conversation is not None
            places.append(talker.conversation.directory)
            assert [message.text for message in talker.messages][::2] == [text]
            assert restore(Journal.open(places[-1]).entries).messages == talker.messages
            slash.run(talker, "/clear")
        assert [message.text for message in restore(Journal.open(places[0]).entries).messages] == ["first", "One."]
