"""sse-choice-without-delta: choices that add nothing, not even an empty delta."""

import pytest
from answers import STOP, said, stream
from linting import found

from nexdiag.core.finding import Severity

RULE = "sse-choice-without-delta"
FILTERED = {"index": 0, "finish_reason": None, "content_filter_results": {"hate": {"filtered": False}}}


@pytest.mark.parametrize(
    ("choice", "severity"),
    [
        ({"index": 0, "finish_reason": None}, Severity.ERROR),
        ({"index": 0, "delta": None}, Severity.ERROR),
        ({"index": 0, "message": {"content": "a"}}, Severity.ERROR),
        ("a", Severity.ERROR),
        (FILTERED, Severity.WARNING),
    ],
)
def test_a_choice_without_delta(choice: object, severity: Severity) -> None:
    """Azure's asynchronous filter is documented, and breaks clients all the same."""
    (finding,) = found(RULE, status=200, response=stream({"choices": [choice]}, said("a"), STOP))
    assert finding.severity is severity


@pytest.mark.parametrize("chunk", [{"choices": []}, STOP, {"choices": [{"index": 0, "delta": {}}]}])
def test_look_alikes(chunk: object) -> None:
    """An empty delta, and no choice at all."""
    assert found(RULE, status=200, response=stream(chunk, said("a"), STOP)) == []


def test_the_words_of_clients() -> None:
    """They stand where the answer is not known."""
    assert found(RULE, response="AttributeError: 'NoneType' object has no attribute 'content'")
