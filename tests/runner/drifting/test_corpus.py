"""Corpora in files: what is read, by one process or several."""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import ClassVar

import pytest
from drifting import answer, corpus, exchange, recorded, response, written

from nexdiag.core.errors import CassetteError, NothingToDo, UsageError
from nexdiag.diff.drift import storing
from nexdiag.diff.drift.comparing import compare
from nexdiag.runner.drifting import corpus as module
from nexdiag.runner.drifting.corpus import learn, named_files, server_of
from nexdiag.runner.foreign.convert import encode_as


def test_several_processes_give_the_same_bytes(tmp_path: Path) -> None:
    """A pool of two, and this process alone; and a bad file among them is told by both."""
    folder = written(tmp_path / "c", a=corpus(5), b=corpus(7, lambda made, _: made.pop("usage")), c=corpus(3))
    (folder / "bad.cassette.jsonl").write_text("no\n")
    alone, two = learn([folder], jobs=1), learn([folder], jobs=2)
    assert storing.packed(two.shapes) == storing.packed(alone.shapes)
    assert [error.what for error in two.bad] == [error.what for error in alone.bad]
    assert len(alone.bad) == 1
    assert (alone.shapes.files, alone.shapes.exchanges) == (3, 15)


def test_a_file_is_called_as_it_is_in_its_directory(tmp_path: Path) -> None:
    """So that a shape is the same wherever the corpus lies; and one that is named twice is read once."""
    folder = written(tmp_path / "c", a=corpus(1), b=corpus(1))
    assert [one.name for one in named_files([folder])] == ["a.cassette.jsonl", "b.cassette.jsonl"]
    file = folder / "a.cassette.jsonl"
    assert [one.name for one in named_files([file, file])] == [file.as_posix()]


def test_what_cannot_be_learned_from_is_told(tmp_path: Path) -> None:
    """Nothing recorded, no recording, no file, and a file of shapes among others."""
    empty = written(tmp_path / "e", a=recorded())
    with pytest.raises(NothingToDo, match="no exchange"):
        learn([empty])
    request = tmp_path / "r.json"
    request.write_text('{"model": "m", "messages": []}')
    with pytest.raises(NothingToDo, match="no exchange that was answered"):
        learn([request])
    state = tmp_path / "state.json"
    state.write_text('{"phase": "idle", "commands": []}')
    with pytest.raises(CassetteError, match=r"is no|neither"):
        learn([state])
    with pytest.raises(CassetteError, match="no cassette at"):
        learn([tmp_path / "none.cassette.jsonl"])
    shape = tmp_path / "shape.json"
    shape.write_bytes(storing.written(learn([written(tmp_path / "c", a=corpus(1))]).shapes))
    with pytest.raises(UsageError, match="found beside others"):
        learn([shape, empty])
    assert learn([shape]).shapes.exchanges == 1


def test_bare_exchanges_are_a_corpus(tmp_path: Path) -> None:
    """As JSON Lines; a line that is none is told, and the others count. A request without an answer is no evidence."""
    asked = {"model": "m", "messages": []}
    lines = [
        {"status": 200, "server": "vLLM", "request": asked, "response": answer()},
        {"status": 400, "request": asked, "response": {"error": {"message": "no"}}},
        asked,
    ]
    file = tmp_path / "bare.jsonl"
    file.write_text("\n".join(["no", *(json.dumps(one) for one in lines)]))
    made = learn([file])
    assert sorted(key[1:] for key in made.shapes.roots) == [
        ("error", "chat", "4xx"),
        ("request", "chat", "json"),
        ("response", "chat", "json"),
    ]
    assert made.shapes.left_out == {"without an answer": 1}
    assert [error.what.partition(": ")[0] for error in made.bad] == [f"{file.as_posix()}, line 1"]
    assert made.shapes.exchanges == 3


def test_a_har_and_a_vcrpy_file_are_a_corpus(tmp_path: Path) -> None:
    """What another tool recorded of the same exchanges has the same shape of answers."""
    cassette = corpus(3)
    roots = learn([written(tmp_path / "c", a=cassette)]).shapes.of()
    for name in ("a.har", "a.yaml"):
        (tmp_path / name).write_bytes(encode_as(name, cassette))
        other = learn([tmp_path / name]).shapes.of()
        assert compare(roots, other) == ([], [])


def test_a_torn_recording_is_read_and_told(tmp_path: Path) -> None:
    """What stands before the tear counts."""
    file = written(tmp_path / "c", a=corpus(3)) / "a.cassette.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    made = learn([file])
    assert made.shapes.exchanges == 2
    assert "tear" in made.notes[0]


def test_the_server_is_the_headers_or_what_answers_give_away() -> None:
    """A recording that names none is looked at."""
    assert server_of(recorded(profile="vllm")) == "vllm"
    assert server_of(recorded(exchange(0, {}, response(answer())), profile="")) == "unknown"
    named = answer(lambda made, _: made.update(system_fingerprint="b4711-abc"))
    assert server_of(recorded(exchange(0, {}, response(named)), profile="")) == "llama.cpp"


class Counting(ProcessPoolExecutor):
    """Notes how many processes there may be, and which there were."""

    started: ClassVar[list[tuple[int, set[int]]]] = []

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.started.append((self._max_workers, set(self._processes)))
        super().shutdown(wait, cancel_futures=cancel_futures)


def test_processes_are_started_where_they_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as are asked for, never more than files; by itself only where there is much to read."""
    monkeypatch.setattr(module, "ProcessPoolExecutor", Counting)
    folder = written(tmp_path / "c", a=corpus(1), b=corpus(1))
    learn([folder])
    assert Counting.started == []
    learn([folder], jobs=9)
    ((most, pids),) = Counting.started
    assert most == 2
    assert pids
    assert os.getpid() not in pids
    monkeypatch.setattr(module, "WORTH_A_POOL", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert module._jobs(named_files([folder]), None) == 2
