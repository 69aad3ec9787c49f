"""empty-assistant-message: a message of the assistant has neither a text nor a tool call."""

import pytest
from linting import ASSISTANT, USER, calls, found, judged, places, refusing, tool

from nexdiag.core.finding import Severity

RULE = "empty-assistant-message"
STRICT = refusing(RULE)
WORDS = "Assistant message must have either content or tool_calls, but not both."


@pytest.mark.parametrize(
    ("message", "wrong"),
    [
        ({"role": "assistant", "content": ""}, True),
        ({"role": "assistant", "content": None, "tool_calls": []}, True),
        ({"role": "assistant", "content": []}, True),
        ({"role": "assistant"}, True),
        ({"role": "assistant", "content": " "}, False),
        ({"role": "assistant", "content": [{"type": "text", "text": ""}]}, False),
        ({"role": "user", "content": ""}, False),
        (ASSISTANT, False),
    ],
)
def test_nothing_at_all(message: object, wrong: bool) -> None:
    """Neither content nor calls; a blank is something."""
    assert places(RULE, [USER, message, USER], STRICT) == [1] * wrong


def test_calls_are_enough() -> None:
    """Beside them the content may be empty."""
    assert places(RULE, [USER, calls("c1", content=""), tool("c1")], STRICT) == []


def test_the_severity_is_the_profiles() -> None:
    """Others speak of the content alone, and have rules for it."""
    request = {"messages": [USER, {"role": "assistant", "content": ""}, USER]}
    (finding,) = found(RULE, request, STRICT)
    assert (finding.severity, finding.location.pointer) == (Severity.ERROR, "/messages/1")
    assert found(RULE, request) == found(RULE, request, refusing()) == []


def test_what_the_content_is_explains_the_words_first() -> None:
    """An empty text is an empty text, whatever the server calls it."""
    request = {"messages": [USER, {"role": "assistant", "content": ""}, USER]}
    first = judged(request, status=400, response={"message": WORDS})[0]
    assert (first.rule, first.refused, first.location.message_index) == ("empty-content", True, 1)
