"""The executor in a terminal."""

import json
from pathlib import Path

import pytest
from talking import talking

from nexdiag.agent.session.lock import request_release
from nexdiag.core.errors import UsageError
from nexdiag.core.turn import Turn
from nexdiag.runner.outcome import Talk
from nexdiag.runner.talk import Wishes, talk
from nexdiag.runner.talker import Talker


def talked(
    tmp_path: Path, lines: list[str], wishes: Wishes | None = None, said: list[str] | None = None, *, keep: bool = False
) -> Talk:
    say = said.append if said is not None else lambda text: None
    with talking(tmp_path, state=tmp_path / "s" if keep else None) as talker:
        return talk(talker, lines, wishes or Wishes(), say=say)


def test_each_line_is_a_turn_and_blank_lines_are_none(tmp_path: Path) -> None:
    """Lines are said in order until they end."""
    done = talked(tmp_path, ["first\n", "\n", "  second  \n"])
    assert [(turn.said, turn.reply) for turn in done.turns] == [("first", "One."), ("second", "Two.")]
    assert (done.exit_reason, done.well) == ("eof", True)


def test_autonomous_ends_after_the_first_answer(tmp_path: Path) -> None:
    """No further line is read."""
    done = talked(tmp_path, ["first", "second"], Wishes(autonomous=True))
    assert (len(done.turns), done.exit_reason) == (1, "end_turn")


@pytest.mark.parametrize("lines", [[], ["  \n", "second"]])
def test_an_autonomous_session_without_a_message_is_no_good_end(tmp_path: Path, lines: list[str]) -> None:
    """Nothing to say first is a reason of its own, and nothing is sent."""
    done = talked(tmp_path, lines, Wishes(autonomous=True))
    assert (done.turns, done.exit_reason, done.well) == ((), "empty_first_input", False)


def test_the_limit_of_turns_ends_it_abnormally(tmp_path: Path) -> None:
    """Reaching max_turns is its own reason, and not a good one."""
    done = talked(tmp_path, ["first", "second", "third"], Wishes(max_turns=2))
    assert (len(done.turns), done.exit_reason, done.well) == (2, "max_turns", False)


def test_commands_are_never_sent(tmp_path: Path) -> None:
    """/help answers, an unknown one is hinted at, /quit ends; a path in a sentence is no command.

    (reference fault L24)
    """
    said: list[str] = []
    done = talked(tmp_path, ["/help", "/nonsense", "/etc/hosts is what?", "/quit", "never"], None, said)
    assert [turn.said for turn in done.turns] == ["/etc/hosts is what?"]
    assert "/quit" in said[0]
    assert "no such command: /nonsense" in said[1]
    assert done.exit_reason == "user_quit"


def test_a_command_that_fails_is_one_line_and_the_session_goes_on(tmp_path: Path) -> None:
    """What a command could not do is told with its hint; the next line is said."""
    said: list[str] = []
    done = talked(tmp_path, ["/load nowhere.json", "first"], None, said)
    assert said == ["error: cannot read nowhere.json: No such file or directory\nhint: usage: /load PATH"]
    assert [turn.reply for turn in done.turns] == ["One."]


def test_a_cancelled_turn_is_told_and_the_session_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in mid-turn loses that turn, not the session (reference fault 31)."""
    play = Talker.play

    def first_is_broken_off(talker: Talker, text: str) -> Turn | None:
        return None if text == "first" else play(talker, text)

    monkeypatch.setattr(Talker, "play", first_is_broken_off)
    said: list[str] = []
    done = talked(tmp_path, ["first", "second"], None, said)
    assert said == ["cancelled"]
    assert [turn.said for turn in done.turns] == ["second"]


def test_the_journal_ends_with_the_reason(tmp_path: Path) -> None:
    """A session with a state directory is closed in its journal."""
    talked(tmp_path, ["first"], keep=True)
    (journal,) = (tmp_path / "s" / "chat").glob("*/conversation.jsonl")
    last = json.loads(journal.read_text().splitlines()[-1])
    assert (last["entry_type"], last["reason"], last["turns"]) == ("end", "complete", 1)


def test_text_that_cannot_be_sent_is_a_usage_error(tmp_path: Path) -> None:
    """A line with half a character is not sent."""
    with pytest.raises(UsageError, match="not UTF-8"):
        talked(tmp_path, ["a\ud800"])


def test_a_session_that_is_broken_off_is_not_noted_as_complete(tmp_path: Path) -> None:
    """Whatever ends it without a reason of its own, the journal says that it was interrupted."""
    with pytest.raises(UsageError, match="not UTF-8"):
        talked(tmp_path, ["a\ud800"], keep=True)
    (journal,) = (tmp_path / "s" / "chat").glob("*/conversation.jsonl")
    last = json.loads(journal.read_text().splitlines()[-1])
    assert (last["entry_type"], "complete" in str(last["reason"])) == ("end", False)


def test_a_session_is_given_back_when_it_is_asked_for(tmp_path: Path) -> None:
    """After the turn: another program waits for it."""
    said: list[str] = []
    with talking(tmp_path, state=tmp_path / "s") as talker:
        assert talker.conversation is not None
        request_release(talker.conversation.directory)
        done = talk(talker, ["first", "second"], Wishes(), say=said.append)
    assert [turn.said for turn in done.turns] == ["first"]
    assert (done.exit_reason, done.well) == ("release_requested", False)


def test_whoever_types_may_break_a_turn_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of input is a good end then; in a pipe, a turn that was broken off is none."""
    monkeypatch.setattr(Talker, "play", lambda talker, text: None)
    assert talked(tmp_path, ["first"], Wishes(interactive=True)).exit_reason == "eof"
    assert talked(tmp_path, ["first"], Wishes()).exit_reason == "cancelled"
