"""model-tool-call-failed: the model's own output was no call."""

import pytest
from answers import stream
from linting import USER, found, judged

from nexdiag.core.finding import Severity

RULE = "model-tool-call-failed"
REQUEST = {"model": "m", "messages": [USER], "tools": [{"type": "function", "function": {"name": "f"}}]}
SAYS = {"message": "the moon is full", "code": "tool_use_failed", "failed_generation": "<function=f>"}


@pytest.mark.parametrize("request_", [None, REQUEST])
@pytest.mark.parametrize(
    "error", [SAYS, {"message": "x", "code": "tool_use_failed"}, {"message": "x", "failed_generation": ""}]
)
def test_the_code_tells_it(request_: object, error: dict[str, str]) -> None:
    """Whatever the message is; it is the cause, and no finding says that there is none."""
    findings = judged(request_, status=400, response={"error": error})
    assert [(one.rule, one.severity, one.refused) for one in findings] == [(RULE, Severity.ERROR, True)]


def test_inside_a_stream() -> None:
    """It explains the error in it."""
    findings = judged(REQUEST, status=200, response=stream({"error": SAYS}, done=False))
    assert findings[0].rule == RULE


@pytest.mark.parametrize(
    "words",
    [
        "Failed to call a function. Please adjust your prompt.",
        "tool_use_failed",
        "tool call validation failed: no such tool",
    ],
)
def test_the_words_alone(words: str) -> None:
    """Where the request is not known."""
    assert found(RULE, status=400, response={"error": {"message": words}})


@pytest.mark.parametrize("error", [{"message": "no", "code": "invalid_request_error"}, "tool", None, ["x"]])
def test_look_alikes(error: object) -> None:
    """Other errors are other faults."""
    assert found(RULE, REQUEST, status=400, response={"error": error}) == []
