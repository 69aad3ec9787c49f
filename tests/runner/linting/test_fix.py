"""Repairs of what is named."""

import json
from pathlib import Path

import pytest
from linting import USER, calls, recording

from nexdiag.codec import cassette as codec
from nexdiag.core.errors import NothingToDo
from nexdiag.runner.linting.choice import Choice
from nexdiag.runner.linting.fix import repaired

BAD = {"model": "m", "messages": [USER, USER]}
STRICT = Choice(profile="vllm-strict")


def test_a_request_is_repaired_and_its_file_is_not(tmp_path: Path) -> None:
    """What would be sent instead is given; nothing that was read is changed."""
    path = tmp_path / "request.json"
    path.write_text(json.dumps(BAD))
    (one,) = repaired([path], STRICT)
    assert (one.before, one.after["messages"]) == (BAD, [{"role": "user", "content": "u\n\nu"}])
    assert json.loads(path.read_text()) == BAD


def test_of_a_recording_the_requests_are_repaired_in_which_a_fault_came_in(tmp_path: Path) -> None:
    """Not each later one that carries it too."""
    later = {"model": "m", "messages": [*BAD["messages"], {"role": "assistant", "content": "a"}, USER]}
    path = tmp_path / "a.cassette.jsonl"
    path.write_bytes(codec.encode(recording((BAD, 200, {"choices": []}), (later, 200, {"choices": []}))))
    (one,) = repaired([path], STRICT)
    assert one.name.endswith("(exchange 0)")
    assert one.made


def test_what_cannot_be_repaired_is_told(tmp_path: Path) -> None:
    """A missing answer to a call is not made up."""
    path = tmp_path / "request.json"
    path.write_text(json.dumps({"model": "m", "messages": [USER, calls("c"), USER]}))
    (one,) = repaired([path], Choice(profile="openai"))
    assert one.made == ()
    assert one.left[0].startswith("unanswered-tool-call: ")


def test_no_request_is_nothing_to_do(tmp_path: Path) -> None:
    """Exchanges without requests, for example."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"status": 400}\n')
    with pytest.raises(NothingToDo):
        repaired([path], Choice())
