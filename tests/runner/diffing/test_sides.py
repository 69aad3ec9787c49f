"""Promises of `nexdiag.runner.diffing.sides`."""

import json
from pathlib import Path

import pytest
from compared import bodies, recording

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.errors import CassetteError, NothingToDo, UsageError
from nexdiag.runner.diffing.sides import in_pairs, load_side, of_turn

KEY = "sk-live-0123456789abcdefghij"


def test_what_was_handed_in_is_without_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare request holds a key of the environment, and one that looks like one."""
    monkeypatch.setenv("OPENAI_API_KEY", "0123-secret-of-mine")
    body = {"model": "m", "messages": [{"role": "user", "content": f"{KEY} 0123-secret-of-mine"}]}
    (tmp_path / "request.json").write_text(json.dumps(body))
    loaded = load_side(tmp_path / "request.json", Splitter())
    raw = loaded.cassette.exchanges[0].request.body.join()
    assert loaded.kind == "request"
    assert b"secret-of-mine" not in raw
    assert KEY.encode() not in raw


def test_bodies_of_another_tool_share_their_text(tmp_path: Path) -> None:
    """JSON Lines of exchanges: the second request goes on from the first."""
    lines = "\n".join(json.dumps({"request": body, "status": 200}) for body in bodies(2))
    (tmp_path / "two.jsonl").write_text(lines)
    loaded = load_side(tmp_path / "two.jsonl", Splitter())
    first, second = (one.request.body.last_link("messages") for one in loaded.cassette.exchanges)
    assert loaded.kind == "exchanges"
    assert first is not None
    assert second is not None
    assert second.at(2) is first


def test_one_turn_alone(tmp_path: Path) -> None:
    """Its exchanges and its log; a turn that is not there is nothing to compare."""
    file = tmp_path / "a.cassette.jsonl"
    file.write_bytes(codec.encode(recording(bodies(3))))
    loaded = load_side(file, Splitter(), turn=2)
    assert [one.id for one in loaded.cassette.exchanges] == [1]
    assert [one.turn for one in loaded.cassette.log] == [2]
    assert of_turn(loaded.cassette, None) is loaded.cassette
    with pytest.raises(NothingToDo, match="no exchange of turn 9"):
        load_side(file, Splitter(), turn=9)


def test_what_cannot_be_compared_is_named(tmp_path: Path) -> None:
    """No such file; a text that is none of these."""
    (tmp_path / "text.txt").write_text("hello")
    for name, what in (("missing", "no such file"), ("text.txt", "neither a recording")):
        with pytest.raises(CassetteError, match=what):
            load_side(tmp_path / name, Splitter())


def test_directories_are_compared_by_names(tmp_path: Path) -> None:
    """What one lacks is told; a file beside a directory is no pair."""
    for name in ("a/x/1.json", "a/2.json", "b/x/1.json", "b/3.har", "b/note.txt", "c/9.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    pairs, alone = in_pairs(tmp_path / "a", tmp_path / "b")
    assert pairs == [(tmp_path / "a/x/1.json", tmp_path / "b/x/1.json")]
    assert [line.removeprefix(f"{tmp_path}/") for line in alone] == [
        "a/2.json: only the left has it",
        "b/3.har: only the right has it",
    ]
    with pytest.raises(NothingToDo):
        in_pairs(tmp_path / "a", tmp_path / "c")
    with pytest.raises(UsageError, match="is a directory"):
        in_pairs(tmp_path / "a/2.json", tmp_path / "b")
