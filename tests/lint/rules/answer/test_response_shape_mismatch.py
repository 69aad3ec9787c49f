"""response-shape-mismatch: answers that typed clients refuse."""

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
