"""A recording without what was said in it."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report import sample

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.scenario import Expectation, Say, Scenario
from nexdiag.core.turn import LogLine, ToolRun, Turn
from nexdiag.report.answers import answer
from nexdiag.runner.bundling.bundle import changed
from nexdiag.runner.bundling.contentless import contentless
from nexdiag.runner.judge import judge
from nexdiag.runner.load import load

SAID = "Zqleak"
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


CALL = {"id": "call_1", "type": "function", "function": {"name": "read", "arguments": '{"path": "a", "n": [1]}'}}
SCHEMA = {
    "type": "object",
    "properties": {"path": {"type": "string", "enum": ["a"], "const": "b"}},
    "required": ["path"],
}
CHAT = {
    "model": "m",
    "messages": [
        {"role": "user", "name": "n", "content": [{"type": "text", "text": "t"}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL], "reasoning_content": "r"},
        {"role": "tool", "tool_call_id": "call_1", "content": "o"},
    ],
    "tools": [{"type": "function", "function": {"name": "read", "description": "d", "parameters": SCHEMA}}],
    "metadata": {"name": "x"},
    "stop": ["s"],
    "response_format": {"type": "json_schema", "json_schema": {"name": "j", "schema": SCHEMA}},
}
CHUNKS = [
    {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "t"}}]},
    {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, **CALL}]}, "finish_reason": "tool_calls"}]},
    {"choices": [], "usage": {"prompt_tokens": 1}, "error": {"message": "m", "input": "i"}},
]
USE = {"type": "tool_use", "id": "t", "name": "n", "input": {"name": "a", "type": ["b"]}}
MESSAGES = {
    "model": "m",
    "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "assistant", "content": [USE]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "o"}]},
    ],
    "tools": [{"name": "n", "input_schema": SCHEMA}],
}
EVENTS = [
    {"type": "content_block_start", "index": 0, "content_block": USE},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"a": "b"'}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "thinking_delta", "thinking": "t"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": "s"}},
]
RESPONSES = {
    "model": "m",
    "input": [
        {"type": "message", "role": "user", "content": "t"},
        {"type": "function_call", "call_id": "c", "name": "n", "arguments": '{"a": "b"}'},
        {"type": "function_call_output", "call_id": "c", "output": "o"},
    ],
    "prompt": {"id": "p", "variables": {"name": "v"}},
    "instructions": "i",
}
ITEMS = [
    {"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "delta": "t"},
    {"type": "response.function_call_arguments.delta", "item_id": "i", "output_index": 1, "delta": '{"a": "b"'},
    {
        "type": "response.completed",
        "response": {"id": "r", "output": [{"type": "message", "content": [{"text": "t"}]}]},
    },
]
WIRES = ((CHAT, CHUNKS, "chat/completions"), (MESSAGES, EVENTS, "messages"), (RESPONSES, ITEMS, "responses"))
SELDOM = st.sampled_from([False] * 12 + [True])
HEAD = (("x-" + SAID.lower(), SAID), ("user-agent", SAID), ("content-type", "text/event-stream"))


def planted(value: Any, chosen: st.DataObject) -> Any:  # noqa: ANN401 - JSON is anything
    """The same, with the marked word in some of its strings and keys, and in the JSON within them."""
    if isinstance(value, dict):
        pairs = [(key, planted(inner, chosen)) for key, inner in value.items()]
        return {(SAID + key if chosen.draw(SELDOM) else key): inner for key, inner in pairs}
    if isinstance(value, list):
        return [planted(inner, chosen) for inner in value]
    if not isinstance(value, str) or not chosen.draw(SELDOM):
        return value
    inside = value.replace('"a"', f'"{SAID}"') + SAID
    marks = (SAID, f"a {SAID} b", f'"{SAID}', f"{{'k': '{SAID}'}}", f"{SAID}\n\u00fc", f'{{"{SAID}": 1}}', inside)
    return chosen.draw(st.sampled_from(marks))


def recorded(exchange: Exchange) -> Cassette:
    """A recording with the word in all that is beside its exchange."""
    say = Say(text=SAID, expect=Expectation(contains=(SAID,)), allow=(SAID,), cancel_after=SAID)
    scenario = Scenario(name=SAID, say=(say,), about=SAID, system=SAID, tools=(SAID,), faults=(SAID,), allow=(SAID,))
    run = ToolRun(call_id=SAID, name=SAID, arguments=f'{{"{SAID}": "{SAID}"}}', output=SAID, session=SAID)
    return Cassette(
        header=Header(
            tool=SAID, origin=SAID, model=SAID, profile=SAID, command=SAID, commit=SAID,
            scenario=scenario, libraries={SAID: SAID}, redactions=(SAID,),
        ),
        exchanges=(exchange,),
        turns=(Turn(number=1, session=SAID, said=SAID, reply=SAID, error=SAID, outcome=SAID),),
        tool_runs=(run, msgspec.structs.replace(run, arguments=SAID)),
        log=(LogLine(at=1.0, text=SAID, level=SAID, source=SAID, session=SAID),),
        name="a.cassette.jsonl",
    )  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(WIRES), st.integers(1, 40), st.sampled_from(["\n", "\r", "\r\n"]))
def test_no_word_that_stood_anywhere_is_left(
    chosen: st.DataObject, wire: tuple[Any, list[Any], str], size: int, end: str
) -> None:
    """In any string or key of a request, an answer, an event, a head, a turn, a tool run, the log, the scenario."""
    request, events, path = wire
    asked = {**planted(request, chosen), "user": SAID}
    sent = json.dumps(asked, ensure_ascii=chosen.draw(st.booleans())).encode()
    rows = [f"data: {json.dumps(planted(one, chosen))}{end}{end}" for one in events]
    rows.insert(chosen.draw(st.integers(0, len(rows))), f": {SAID}{end}event: {SAID}{end}id: {SAID}{end}{end}")
    bodies = ("".join(rows), json.dumps(planted(events, chosen)), "".join(rows)[:-40], f"<p>{SAID}</p>")
    raw = chosen.draw(st.sampled_from(bodies)).encode()
    cut = tuple(Chunk(at=0.1, bytes=raw[at : at + size]) for at in range(0, len(raw), size))
    url = f"http://{SAID}.example/{SAID}/v1/{path}?{SAID}={SAID}"
    exchange = Exchange(
        id=0,
        started=1.0,
        session=SAID,
        failure=f"{SAID}: {SAID}",
        request=Request(method=SAID, url=url, headers=HEAD, encoding=SAID, body=Splitter().split(sent)),
        response=Response(status=chosen.draw(st.sampled_from([200, 422])), headers=HEAD, chunks=cut),
    )
    bare = contentless(recorded(exchange), b"key")
    assert SAID.lower() not in codec.encode(bare).decode().lower()
    response = bare.exchanges[0].response
    assert response is not None
    assert [len(one.bytes) for one in response.chunks] == [len(one.bytes) for one in cut]
