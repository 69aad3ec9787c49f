"""finish-reason-mismatch: a reason that does not fit what came."""

import pytest
from answers import STOP, body, called, chunk, piece, said, stream
from linting import found

from nexdiag.core.finding import Severity

RULE = "finish-reason-mismatch"
CALL = called()
TORN = called(arguments='{"path": "a')
ANTHROPIC = {
    "type": "message",
    "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}],
    "stop_reason": "end_turn",
}
USED = {"usage": {"prompt_tokens": 1, "completion_tokens": 5}}


@pytest.mark.parametrize(
    ("answer", "severity"),
    [
        (body("", CALL), Severity.WARNING),
        (body(None, CALL, finish="eos_token"), Severity.WARNING),
        (stream(piece(0, "c", "f", "{}"), STOP), Severity.WARNING),
        (ANTHROPIC, Severity.WARNING),
        (body("Hi.", finish="tool_calls"), Severity.WARNING),
        (body(None, finish="tool_calls"), Severity.ERROR),
        (stream(chunk({}, "tool_calls")), Severity.ERROR),
        (body(None, TORN, finish="tool_calls"), Severity.ERROR),
        (body(None, TORN), Severity.ERROR),
    ],
)
def test_what_does_not_fit(answer: object, severity: Severity) -> None:
    """Calls that are not told, calls that are told and did not come, calls that were cut."""
    (finding,) = found(RULE, status=200, response=answer)
    assert finding.severity is severity


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (None, body("", CALL, finish="tool_calls")),
        (None, body()),
        (None, body("Hi.", TORN, finish="length")),
        (None, body("Hi.", finish=None)),
        (None, body(None, called(arguments=""), finish="tool_calls")),
        (None, body(None, called(arguments="{'a'}"), finish="tool_calls")),
        (None, body(None, CALL, finish="function_call")),
        (None, stream(said("a"), chunk({}, "content_filter"))),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, body("", CALL)),
        ({"tool_choice": "required"}, body("", CALL)),
        ({"max_tokens": 6}, body(**USED)),
        ({"max_tokens": 5}, body(finish="length", **USED)),
    ],
)
def test_what_fits(request_: object, answer: object) -> None:
    """Calls without arguments, bad JSON that is whole, a call that was asked for by name."""
    assert found(RULE, request_, status=200, response=answer) == []


def test_openai_does_it_at_times() -> None:
    """There it is no more than a hint."""
    (finding,) = found(RULE, status=200, response=body("", CALL), server="OpenAI")
    assert finding.severity is Severity.INFO


def test_all_tokens_were_used() -> None:
    """The answer may be cut, whatever it says."""
    (finding,) = found(RULE, {"max_tokens": 5}, status=200, response=body(**USED))
    assert (finding.severity, finding.evidence) == (Severity.INFO, ("5 tokens were used, and 5 allowed",))


def test_the_words_of_clients() -> None:
    """They stand where the answer is not known."""
    assert found(RULE, response="finish_reason stop instead of tool_calls")
