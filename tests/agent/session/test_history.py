"""Promises of nexdiag.agent.session.history: all that was said, read again only where it grew."""

from pathlib import Path

import pytest

from nexdiag.agent.session import durable
from nexdiag.agent.session.history import History
from nexdiag.agent.session.journal import Journal
from nexdiag.codec import journal
from nexdiag.core.message import Message

NOW = 1779285792.009


def say(directory: Path, *texts: str, turn: int = 1) -> None:
    out = Journal.open(directory, clock=lambda: NOW)
    for text in texts:
        out.message(Message(role="user", content=text), request_id=f"r-{text}", turn=turn)
        out.message(Message(role="assistant", content=text.upper()), request_id=f"r-{text}", turn=turn)
        turn += 1


def texts(history: History) -> list[str]:
    return [message.text for message in history.messages()]


def test_a_session_without_a_journal_is_empty(tmp_path: Path) -> None:
    """No directory is made for a look."""
    history = History(tmp_path / "none")
    assert (history.messages(), history.turns(), history.page().total) == ((), 0, 0)
    assert not (tmp_path / "none").exists()


def test_pages_go_back_from_the_end(tmp_path: Path) -> None:
    """Each message stands on one page."""
    say(tmp_path, *"abc")
    history = History(tmp_path)
    last = history.page(limit=4)
    first = history.page(before=last.first, limit=4)
    assert [message.text for message in (*first.messages, *last.messages)] == ["a", "A", "b", "B", "c", "C"]
    assert (first.first, last.first, last.total) == (0, 2, 6)
    assert history.page(before=0).messages == ()
    assert history.turns() == 3


def test_only_what_is_new_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at a journal that has not grown reads nothing."""
    say(tmp_path, "a")
    history = History(tmp_path)
    assert texts(history) == ["a", "A"]
    offsets: list[int] = []
    read_from = durable.read_from
    monkeypatch.setattr(durable, "read_from", lambda path, at: offsets.append(at) or read_from(path, at))
    assert texts(history) == ["a", "A"]
    assert offsets == []
    end = (tmp_path / "conversation.jsonl").stat().st_size
    say(tmp_path, "b", turn=2)
    offsets.clear()
    assert texts(history) == ["a", "A", "b", "B"]
    assert offsets == [end]


def test_what_was_compacted_is_still_shown(tmp_path: Path) -> None:
    """The model goes on with a summary; who looks reads what was said (reference fault L3)."""
    say(tmp_path, "a")
    entry = journal.CompactionEntry(
        seq=9, timestamp="", compacted_through_seq=8, summary="hi", original_message_count=2, original_token_count=9
    )
    durable.append_line(tmp_path / "conversation.jsonl", journal.encode(entry))
    say(tmp_path, "b", turn=2)
    assert texts(History(tmp_path)) == ["a", "A", "b", "B"]


def test_another_file_is_read_anew(tmp_path: Path) -> None:
    """Replaced, cut or gone: what stands there now counts."""
    say(tmp_path, "a", "b")
    history = History(tmp_path)
    assert len(history.messages()) == 4
    (tmp_path / "conversation.jsonl").unlink()
    assert history.messages() == ()
    say(tmp_path, "c")
    assert texts(history) == ["c", "C"]


def test_a_torn_and_a_bad_line_hide_nothing(tmp_path: Path) -> None:
    """What is whole is shown; a line that is still being written is when it is whole."""
    say(tmp_path, "a")
    path = tmp_path / "conversation.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    history = History(tmp_path)
    assert texts(history) == ["a"]
    path.write_bytes(whole + b"nonsense\n")
    assert texts(history) == ["a", "A"]
