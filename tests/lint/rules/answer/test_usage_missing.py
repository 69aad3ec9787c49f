"""usage-missing: nobody knows what an answer cost."""

import pytest
from answers import STOP, USAGE, body, said, stream
from linting import USER, found, recording, told

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import resolve

RULE = "usage-missing"
REQUEST = {"model": "m", "messages": [USER]}
ASKING = {**REQUEST, "stream": True, "stream_options": {"include_usage": True}}
ZERO = {"prompt_tokens": 0, "completion_tokens": 0}


@pytest.mark.parametrize("chunks", [[said("a"), STOP], [said("a"), STOP, {"choices": [], "usage": ZERO}]])
def test_a_stream_that_was_asked(chunks: list[object]) -> None:
    """It tells of none, or of zero tokens."""
    (finding,) = found(RULE, ASKING, status=200, response=stream(*chunks))
    assert finding.severity is Severity.WARNING
    assert told(RULE, recording((ASKING, 200, stream(*chunks))), resolve(None))


@pytest.mark.parametrize("fields", [{}, {"usage": None}, {"usage": ZERO}])
def test_a_body_in_a_recording(fields: dict[str, object]) -> None:
    """A server that never tells is worth knowing, and no more; a bare exchange may be an excerpt."""
    (finding,) = told(RULE, recording((REQUEST, 200, body(**fields))), resolve(None))
    assert finding.severity is Severity.INFO
    assert found(RULE, REQUEST, status=200, response=body(**fields)) == []


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (ASKING, stream(said("a"), STOP, USAGE)),
        (REQUEST | {"stream": True}, stream(said("a"), STOP)),
        (ASKING, stream(said("a"), done=False)),
        (ASKING, stream({"error": {"message": "busy"}})),
        (REQUEST, body(usage={"prompt_tokens": 3, "completion_tokens": 1})),
        (REQUEST, {"choices": []}),
    ],
)
def test_look_alikes(request_: object, answer: object) -> None:
    """It was told, it was not asked for, or there was no answer."""
    assert told(RULE, recording((request_, 200, answer)), resolve(None)) == []
