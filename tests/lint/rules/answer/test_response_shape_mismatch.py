"""response-shape-mismatch: answers that typed clients refuse."""

import json

import pytest
from answers import CALLS, body, called, chunk, said, stream
from linting import CHAT, found

from nexdiag.core.finding import Severity

RULE = "response-shape-mismatch"
ASKED = {"model": "m", "messages": [{"role": "user", "content": "u"}]}
OBJECT = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
TOOL_USE = {"type": "tool_use", "id": "t", "name": "f", "input": "{}"}
MESSAGE = {"type": "message", "content": [{"type": "text", "text": "Hi."}], "stop_reason": "end_turn"}
OLLAMA = {"message": {"role": "assistant", "content": "Hi."}, "done": True}


@pytest.mark.parametrize(
    ("answer", "severity"),
    [
        ({"choices": [{"message": {"tool_calls": called()}, "finish_reason": "tool_calls"}]}, Severity.ERROR),
        (stream(chunk({"tool_calls": OBJECT}), CALLS), Severity.ERROR),
        (stream(chunk({"tool_calls": ["f"]}), CALLS), Severity.ERROR),
        (body(None, "f", finish="tool_calls"), Severity.ERROR),
        ({"choices": []}, Severity.ERROR),
        ({"choices": None}, Severity.ERROR),
        ({"choices": [{"index": 0, "text": "Hi."}]}, Severity.ERROR),
        (body({"text": "Hi."}), Severity.ERROR),
        (stream(said(5), chunk({}, "stop")), Severity.ERROR),
        (body(None, called(name=""), finish="tool_calls"), Severity.ERROR),
        (body(None, called(call_id=""), finish="tool_calls"), Severity.WARNING),
        ({**MESSAGE, "content": [TOOL_USE], "stop_reason": "tool_use"}, Severity.ERROR),
    ],
)
def test_another_shape(answer: object, severity: Severity) -> None:
    """What a client cannot take, streamed or whole."""
    (finding,) = found(RULE, status=200, response=answer)
    assert finding.severity is severity


def messages(*deltas: object) -> str:
    """A stream of Messages that calls `f`, whose input comes in these pieces."""
    pieces = [{"type": "input_json_delta", "partial_json": one} for one in deltas]
    block = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    events = [
        {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": one} for one in pieces),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events)


@pytest.mark.parametrize(
    ("deltas", "required", "count"),
    [((), ["p"], 1), (("",), ["p"], 0), (("{", "}"), ["p"], 0), (('{"p":1}',), ["p"], 0), ((), [], 0), ((), None, 0)],
)
def test_an_input_that_never_came(deltas: tuple[str, ...], required: object, count: int) -> None:
    """Of a tool that requires some; one that says itself that it is empty is the model's."""
    tools = [{"name": "f", "input_schema": {"type": "object", "properties": {}, "required": required}}]
    asked = {**ASKED, "max_tokens": 9, "tools": tools}
    assert len(found(RULE, asked, status=200, response=messages(*deltas))) == count
    assert found(RULE, None, status=200, response=messages(*deltas)) == []


@pytest.mark.parametrize("name", ["data", "result"])
def test_an_envelope(name: str) -> None:
    """Of a gateway, around a right answer; where the address is not known too."""
    (finding,) = found(RULE, status=200, response={name: body(), "success": True})
    assert (finding.severity, name in finding.summary) == (Severity.ERROR, True)
    assert len(found(RULE, ASKED, status=200, response={name: body()}, url=CHAT)) == 1
    for other in ({name: {"choices": ["a", "b"]}}, {"output": body()}, {"jsonrpc": "2.0", "id": 1, name: body()}):
        assert found(RULE, status=200, response=other) == []


@pytest.mark.parametrize("answer", [MESSAGE, OLLAMA, "<html>Welcome</html>", ["a"]])
def test_a_body_of_another_wire(answer: object) -> None:
    """Where the path says which wire was asked, and nowhere else."""
    (finding,) = found(RULE, ASKED, status=200, response=answer, url=CHAT)
    assert finding.severity is Severity.ERROR
    assert found(RULE, ASKED, status=200, response=answer) == []
    assert found(RULE, status=200, response=answer, url="http://h/v1/models") == []
    assert found(RULE, ASKED, status=404, response=answer, url=CHAT) == []


@pytest.mark.parametrize(
    "answer",
    [
        body(),
        body(None),
        body([]),
        body([{"type": "text", "text": "Hi."}]),
        body("", called(), finish="tool_calls"),
        {"choices": None, "error": {"message": "busy"}},
        stream(said(None), said("a", "stop")),
        stream({"choices": []}, said("a", "stop")),
        MESSAGE,
    ],
)
def test_look_alikes(answer: object) -> None:
    """Null, empty, parts: all that is right; an error is another fault."""
    assert found(RULE, status=200, response=answer) == []
