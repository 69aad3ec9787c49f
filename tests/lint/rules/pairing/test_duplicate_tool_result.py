"""duplicate-tool-result: a tool call is answered twice."""

import pytest
from linting import ASSISTANT, USER, calls, found, judged, places, refusing, tool

from nexdiag.core.finding import Severity

RULE = "duplicate-tool-result"
MESSAGES = [USER, calls("a"), tool("a"), tool("a", "again")]
USE = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t", "content": "r"}


@pytest.mark.parametrize(
    ("messages", "found_at"),
    [
        (MESSAGES, [3]),
        ([USER, calls("a", "b"), tool("a"), tool("a"), tool("b")], [3]),
        ([USER, calls("a"), tool("a"), ASSISTANT, USER, tool("a")], [5]),
        ([*MESSAGES, tool("a")], [3, 4]),
        ([USER, calls("a"), tool("a"), calls("b"), tool("a"), tool("b")], [4]),
        ([USER, {"role": "assistant", "content": [USE]}, {"role": "user", "content": [RESULT, RESULT]}], [2]),
    ],
)
def test_the_later_answer_is_at_fault(messages: list[object], found_at: list[int]) -> None:
    """It is no orphan, for its call was made."""
    assert places(RULE, messages) == found_at
    assert {one.rule for one in judged({"messages": messages}) if one.code.startswith("NX2")} == {RULE}


@pytest.mark.parametrize(
    "messages",
    [
        [USER, calls("a"), tool("a"), calls("a"), tool("a")],  # an id used again: another fault
        [USER, calls("a", "a"), tool("a"), tool("a")],  # two calls with one id: another fault
        [USER, calls("a"), tool("a"), calls("b"), tool("a")],  # the answer to b, under a wrong id: another fault
        [USER, tool("a"), tool("a")],
        [USER, calls("a", "b"), tool("a"), tool("b")],
    ],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """Two answers that belong to two calls are no duplicates."""
    assert places(RULE, messages) == []


@pytest.mark.parametrize(
    "said",
    [
        "Duplicate tool call id a in tool results",
        "messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with id: a",
    ],
)
def test_the_words_tell(said: str) -> None:
    """They confirm it where the request shows it, and name it where the request is not known."""
    parts = {"status": 400, "response": {"error": {"message": said}}}
    (finding, *_) = judged({"messages": MESSAGES}, **parts)
    assert (finding.rule, finding.location.pointer, finding.refused) == (RULE, "/messages/3/tool_call_id", True)
    assert judged(None, **parts)[0].rule == RULE


def test_the_profile_decides() -> None:
    """An error where it is refused; the evidence quotes both answers."""
    request = {"messages": MESSAGES}
    assert [one.severity for one in found(RULE, request)] == [Severity.WARNING]
    assert [one.severity for one in found(RULE, request, refusing())] == [Severity.INFO]
    (finding,) = found(RULE, request, refusing(RULE))
    assert finding.severity is Severity.ERROR
    assert finding.evidence[:2] == ('messages[2] tool "r"', 'messages[3] tool "again"')
    assert finding.facts == {"index": "3", "id": "a", "previous": "tool"}


@pytest.mark.parametrize(
    "words",
    [
        "The toolResult blocks at messages.2.content contain duplicate Ids: a",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [USER, calls("a"), tool("a"), tool("a")]}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER, calls("a"), tool("a")]}, status=400, response=said) == []


def test_anthropic_refuses_it() -> None:
    """Both in one message, and in two of a row, which are one to it."""
    asked = [USER, {"role": "assistant", "content": [USE]}]
    once = {"role": "user", "content": [RESULT]}
    for answers in ([{"role": "user", "content": [RESULT, RESULT]}], [once, once]):
        request = {"model": "claude-haiku-4-5", "system": "s", "messages": [*asked, *answers]}
        assert [one.severity for one in found(RULE, request, server="Anthropic")] == [Severity.ERROR]
