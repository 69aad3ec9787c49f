"""error-shape: errors in a list."""

import pytest
from linting import found, judged, recording, told

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import resolve

RULE = "error-shape"
WRAPPED = [{"error": {"code": 503, "message": "the moon is full"}}]


def test_a_list_of_one() -> None:
    """Where nothing else explains the refusal, it is what a client stumbles over."""
    (finding,) = judged(status=503, response=WRAPPED, client="homemade")
    assert (finding.rule, finding.severity) == (RULE, Severity.ERROR)
    assert "the moon is full" in finding.summary


def test_the_words_come_first() -> None:
    """What the error says is the cause, where a rule knows it."""
    said = [{"error": {"message": "Conversation roles must alternate"}}]
    messages = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    findings = judged({"messages": messages}, status=400, response=said, client="homemade")
    assert [finding.rule for finding in findings] == ["role-alternation", RULE]
    assert findings[1].severity is Severity.WARNING


@pytest.mark.parametrize("answer", [WRAPPED[0], [], [{}], WRAPPED * 2, [{"error": None}], "text", {"error": "text"}])
def test_look_alikes(answer: object) -> None:
    """An object, an empty list, several."""
    assert found(RULE, status=503, response=answer, client="homemade") == []


def test_only_where_a_client_is_named() -> None:
    """In a recording the refusal itself is what matters."""
    assert found(RULE, status=503, response=WRAPPED) == []
    cassette = recording(({"messages": []}, 503, WRAPPED))
    assert told(RULE, cassette, resolve(None)) == []
    assert told("unexplained-refusal", cassette, resolve(None)) != []


def test_the_words_of_clients() -> None:
    """They stand where the answer is not known."""
    assert found(RULE, response="TypeError: list indices must be integers or slices, not str")
