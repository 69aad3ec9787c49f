"""prefix-not-last: a message in the middle of the conversation is marked as the beginning of the answer."""

import pytest
from linting import ASSISTANT, USER, found, judged, places, refusing

from nexdiag.core.finding import Severity

RULE = "prefix-not-last"
STRICT = refusing(RULE)
BEGINNING = {**ASSISTANT, "prefix": True}
WORDS = "Assistant message with prefix True must be last message"


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([USER, BEGINNING], []),
        ([USER, BEGINNING, USER], [1]),
        ([USER, BEGINNING, BEGINNING], [1]),
        ([USER, BEGINNING, USER, BEGINNING, USER], [1, 3]),
        ([USER, {**ASSISTANT, "prefix": False}, USER], []),
        ([{**USER, "prefix": True}, ASSISTANT, USER], []),
    ],
)
def test_only_the_last_may_begin_an_answer(messages: list[object], at: list[int]) -> None:
    """Each that something follows is told, with the mark."""
    assert places(RULE, messages, STRICT) == at


def test_the_severity_is_the_profiles() -> None:
    """What the mark means elsewhere is not known."""
    request = {"messages": [USER, BEGINNING, USER]}
    (finding,) = found(RULE, request, STRICT)
    assert (finding.severity, finding.location.pointer) == (Severity.ERROR, "/messages/1/prefix")
    assert found(RULE, request) == found(RULE, request, refusing()) == []


def test_the_words_tell_it_alone() -> None:
    """Also where the request is not known."""
    assert judged(status=400, response={"message": WORDS})[0].rule == RULE
    first = judged({"messages": [USER, BEGINNING, USER]}, status=400, response={"message": WORDS})[0]
    assert (first.rule, first.refused, first.location.message_index) == (RULE, True, 1)
