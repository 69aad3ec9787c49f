"""sse-error-in-200: an error inside a stream."""

import pytest
from answers import STOP, chunk, piece, said, stream
from linting import found, judged

from nexdiag.core.finding import Severity

RULE = "sse-error-in-200"


@pytest.mark.parametrize(
    "answer",
    [
        stream({"choices": [], "error": {"code": 502, "message": "limit reached (33/32)"}}),
        stream(piece(0, "c", "f", '{"a'), {"error": {"message": "Provider gone"}, **chunk({}, "error")}, done=False),
        stream(said("a"), chunk({}, "error")),
        stream(said("a"), {"error": "out of memory"}, done=False),
        stream({"object": "error", "message": "busy"}, done=False),
        'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
        'data: {"type":"response.failed","response":{"status":"failed","error":{"message":"no"}}}\n\n',
        "event: error\ndata: gone\n\n",
        stream(said("a"), done=False) + 'error: {"code":500,"message":"x"}\n\n',
    ],
)
def test_an_error_of_any_form(answer: str) -> None:
    """It comes first, and no other finding says that the refusal is without explanation."""
    findings = judged(status=200, response=answer)
    assert (findings[0].rule, findings[0].severity) == (RULE, Severity.ERROR)
    assert all(finding.rule != "unexplained-refusal" for finding in findings)


@pytest.mark.parametrize(
    "answer",
    [stream(said("a", "stop")), stream({**said("a"), "error": None}, STOP), stream(said('{"error": 1}'), STOP)],
)
def test_no_error(answer: str) -> None:
    """An error that is null, and one that the model writes about."""
    assert found(RULE, status=200, response=answer) == []


def test_the_words_may_tell_of_the_request() -> None:
    """Then the rule that knows them speaks first."""
    request = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
    told = stream({"error": {"message": "Conversation roles must alternate user/assistant"}}, done=False)
    findings = judged(request, status=200, response=told)
    assert (findings[0].rule, findings[0].refused) == ("role-alternation", True)
    assert RULE in [finding.rule for finding in findings]
