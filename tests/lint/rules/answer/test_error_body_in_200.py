"""error-body-in-200: an error in a body that succeeded."""

import pytest
from answers import body
from linting import CHAT, found, judged, recording

from nexdiag.core.finding import Severity
from nexdiag.lint.engine import judge
from nexdiag.lint.profiles import resolve

RULE = "error-body-in-200"
BAD = {"choices": None, "error": {"message": "Provider returned error", "code": 429, "metadata": {"raw": "Busy"}}}


@pytest.mark.parametrize(
    "answer",
    [
        BAD,
        {"error": "the moon is full"},
        {"object": "error", "message": "the moon is full"},
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        {"object": "response", "status": "failed", "error": {"message": "no"}, "output": []},
        {"choices": [{"index": 0, "error": {"message": "gone"}, "message": {"content": ""}}]},
        body("half an", finish="error"),
    ],
)
def test_an_error_of_any_form(answer: object) -> None:
    """It comes first, and no other finding says that the refusal is without explanation."""
    findings = judged(status=200, response=answer)
    assert (findings[0].rule, findings[0].severity) == (RULE, Severity.ERROR)
    assert all(finding.rule != "unexplained-refusal" for finding in findings)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"jsonrpc": "2.0", "id": 2, "error": {"code": -32601, "message": "unknown tool"}}),
        (200, body(error=None)),
        (200, body(error={})),
        (429, BAD),
        (None, {"error": {"message": "no"}}),
        (200, "error"),
    ],
)
def test_look_alikes(status: int | None, answer: object) -> None:
    """An error that is null, one with its own status, and one whose status nobody knows."""
    assert found(RULE, status=status, response=answer) == []


def test_the_words_may_tell_of_the_request() -> None:
    """Then the rule that knows them speaks first."""
    request = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
    findings = judged(request, status=200, response={"error": {"message": "roles must alternate"}})
    assert (findings[0].rule, findings[0].refused) == ("role-alternation", True)


def test_a_recording_tells_it_once() -> None:
    """However often the provider fails."""
    request = {"model": "m", "messages": [{"role": "user", "content": "u"}]}
    findings = judge(recording((request, 200, BAD), (request, 200, BAD), url=CHAT), resolve(None))
    assert [(one.rule, one.repeats, one.server_words) for one in findings] == [(RULE, 1, findings[0].server_words)]


def test_the_words_of_clients() -> None:
    """They stand where the answer is not known."""
    assert found(RULE, response="TypeError: 'NoneType' object is not subscriptable")
