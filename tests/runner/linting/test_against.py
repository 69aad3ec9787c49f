"""The portability table of what is named."""

import json
from pathlib import Path

import pytest
from linting import ASSISTANT, USER, recording

from nexdiag.codec import cassette as codec
from nexdiag.core.errors import NothingToDo, UsageError
from nexdiag.runner.linting.against import servers_of, tables

BAD = {"model": "m", "messages": [USER, USER]}


def test_recordings_and_requests_have_a_table_each(tmp_path: Path) -> None:
    """A row for each request."""
    (tmp_path / "a.cassette.jsonl").write_bytes(codec.encode(recording((BAD, 200, {"choices": []}))))
    (tmp_path / "b.json").write_text(json.dumps(BAD))
    (tmp_path / "c.jsonl").write_text("".join(json.dumps({"id": n, "request": BAD}) + "\n" for n in range(3)))
    made = tables(
        [tmp_path / name for name in ("a.cassette.jsonl", "b.json", "c.jsonl")], servers_of("vllm-strict,openai")
    )
    assert [len(table.rows) for table in made] == [1, 1, 3]
    assert {row.word(0) for table in made for row in table.rows} == {"refuses"}
    assert {row.word(1) for table in made for row in table.rows} == {"takes"}


def test_the_answer_of_its_own_server_is_set_aside(tmp_path: Path) -> None:
    """Also a refusal."""
    answer = {"error": {"message": "Conversation roles must alternate"}}
    (tmp_path / "a.cassette.jsonl").write_bytes(
        codec.encode(recording((BAD, 400, answer), (BAD, 200, {"choices": [ASSISTANT]})))
    )
    (table,) = tables([tmp_path / "a.cassette.jsonl"], servers_of("openai"))
    assert [row.word(0) for row in table.rows] == ["takes", "takes"]


@pytest.mark.parametrize("text", ["", " , ", "vlm", "vllm,nothing", "unknown"])
def test_a_server_that_there_is_not_is_an_error(text: str) -> None:
    """With the nearest name."""
    with pytest.raises(UsageError) as caught:
        servers_of(text)
    assert caught.value.hint


def test_a_server_is_compared_once() -> None:
    """However often it is named."""
    assert [one.name for one in servers_of("vllm, mistral,vllm")] == ["vllm", "mistral"]


def test_nothing_to_compare(tmp_path: Path) -> None:
    """A recording in which no model was asked."""
    (tmp_path / "a.cassette.jsonl").write_bytes(codec.encode(recording()))
    with pytest.raises(NothingToDo):
        tables([tmp_path / "a.cassette.jsonl"], servers_of("openai"))
