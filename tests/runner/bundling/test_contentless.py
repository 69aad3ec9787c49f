"""A recording without what was said in it."""

import json
from pathlib import Path

import msgspec
import pytest
from report import sample

from nexdiag.codec import cassette as codec
from nexdiag.core.body import Body
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.report.answers import answer
from nexdiag.runner.bundling.bundle import changed
from nexdiag.runner.bundling.contentless import contentless
from nexdiag.runner.judge import judge
from nexdiag.runner.load import load

ROOT = Path(__file__).parents[3]
RECORDINGS = sorted((ROOT / "cassettes").rglob("*.cassette.jsonl"))


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_lint_finds_the_same(path: Path) -> None:
    """In every recording of this repository: rule, weight and place; and each chunk has its bytes."""
    found = load(path)
    bare = contentless(found, b"key")
    assert list(changed(judge(found).findings, judge(bare).findings)) == []
    for one, other in zip(found.exchanges, bare.exchanges, strict=True):
        assert len(one.request.body.join()) == len(other.request.body.join())
        if one.response is not None and other.response is not None:
            assert [len(chunk.bytes) for chunk in one.response.chunks] == [
                len(chunk.bytes) for chunk in other.response.chunks
            ]


def test_nothing_that_was_said_is_left() -> None:
    """In requests, answers, turns, tool runs, log and scenario; the words of a refusal stay."""
    for run in (sample.healthy(), sample.alternation()):
        raw = codec.encode(contentless(run.cassette, b"key")).decode()
        for text in ("careful engineer", "parse()", "Fix the failing", "Now run it", "reader.py", "Read a file of"):
            assert text not in raw, text
    assert "conversation roles must alternate" in raw


def test_no_output_and_no_line_of_the_log_is_left() -> None:
    """But for what is ours in a line, and tells how a turn ended."""
    run = sample.logged()
    bare = contentless(run.cassette, b"key")
    assert run.cassette.tool_runs
    for before, after in zip(run.cassette.tool_runs, bare.tool_runs, strict=True):
        assert len(before.output) == len(after.output)
        assert before.output != after.output
    texts = [line.text for line in bare.log]
    assert not any("it went wrong" in text for text in texts)
    assert any(text.startswith("expected: ") and "blue" not in text for text in texts)


def test_what_the_model_wrote_is_the_same_in_its_answer_and_in_the_history() -> None:
    """So that rules which compare the two find what they found."""
    bare = contentless(sample.long_run(2).cassette, b"key")
    one, two = bare.exchanges
    last = two.request.body.last_link("messages")
    assert last is not None
    assert last.before is not None
    assert json.loads(last.before.raw)["content"] == answer(one).text != ""


def test_what_only_the_text_shows_is_told_as_lost() -> None:
    """A call that was written as text is found by its words: the comparison says so."""
    words = json.dumps({"choices": [{"message": {"role": "assistant", "content": '{"name": "f", "arguments": {}}'}}]})
    tools = (
        '{"model":"m","messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"f"}}]}'
    )
    exchange = Exchange(
        id=0, started=1.0, request=Request(method="POST", url="http://h/v1/chat/completions",
                                                body=Body.of(tools.encode())),
        response=Response(status=200, headers=(("content-type", "application/json"),),
                          chunks=(Chunk(at=0.1, bytes=words.encode()),)),
    )  # fmt: skip
    found = msgspec.structs.replace(sample.healthy().cassette, turns=(), exchanges=(exchange,), log=(), tool_runs=())
    lost = list(changed(judge(found).findings, judge(contentless(found, b"key")).findings))
    assert any("NX932 tool-call-leaked-as-text" in line for line in lost)


def test_messages_that_requests_share_stay_shared() -> None:
    """A long conversation costs what its new texts cost."""
    bare = contentless(sample.long_run(40).cassette, b"key")
    one, other = (exchange.request.body.last_link("messages") for exchange in bare.exchanges[-2:])
    assert one is not None
    assert other is not None
    assert other.at(one.depth) is one
