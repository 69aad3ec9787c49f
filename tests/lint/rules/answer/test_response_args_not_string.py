"""response-args-not-string: arguments that are no text."""

import pytest
from answers import CALLS, body, called, piece, stream
from linting import found

from nexdiag.core.finding import Severity

RULE = "response-args-not-string"
ITEM = {"type": "function_call", "call_id": "c", "name": "f", "arguments": {}}


@pytest.mark.parametrize(
    ("answer", "severity"),
    [
        (body(None, called(arguments={"a": 1}), finish="tool_calls"), Severity.ERROR),
        (body(None, called(arguments=[]), finish="tool_calls"), Severity.ERROR),
        (body(None, called(arguments=None), finish="tool_calls"), Severity.WARNING),
        (stream(piece(0, "c", "f", {"a": 1}), CALLS), Severity.ERROR),
        ({"object": "response", "status": "completed", "output": [ITEM]}, Severity.ERROR),
    ],
)
def test_no_text(answer: object, severity: Severity) -> None:
    """Of a whole answer and of a stream, on both of OpenAI's wires."""
    (finding,) = found(RULE, status=200, response=answer)
    assert (finding.severity, finding.facts.get("tool")) == (severity, "f")


def test_the_words_of_clients() -> None:
    """Python says what it wanted."""
    assert found(RULE, response="TypeError: the JSON object must be str, bytes or bytearray, not dict")


@pytest.mark.parametrize(
    "answer",
    [
        body(None, called(arguments=""), finish="tool_calls"),
        body(None, called(arguments="{"), finish="tool_calls"),
        stream(piece(0, "c", "f", None), piece(0, arguments="{}"), CALLS),
        {
            "type": "message",
            "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}],
            "stop_reason": "tool_use",
        },
        {"message": {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}, "done": True},
    ],
)
def test_look_alikes(answer: object) -> None:
    """No text yet, bad text, and the wires on which an object is right."""
    assert found(RULE, status=200, response=answer) == []
