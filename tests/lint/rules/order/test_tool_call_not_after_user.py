"""tool-call-not-after-user: a call that follows neither the user nor a tool."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import ASSISTANT, SYSTEM, USER, calls, found, places, refusing, tool

RULE = "tool-call-not-after-user"
STRICT = refusing(RULE)
WORDS = "Please ensure that function call turn comes immediately after a user turn or after a function response turn."


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([calls("c"), tool("c")], [0]),
        ([SYSTEM, calls("c"), tool("c")], [1]),
        ([USER, ASSISTANT, calls("c")], [2]),
        ([USER, calls("c"), calls("d")], [2]),
        ([USER, calls("c"), tool("c"), calls("d"), tool("d")], []),
        ([USER, calls("c", "d")], []),
        ([USER, ASSISTANT], []),
    ],
)
def test_the_call_is_at_fault(messages: list[object], at: list[int]) -> None:
    """Unless a user or a tool spoke right before it."""
    assert places(RULE, messages, STRICT) == at


def test_blocks_are_read_as_well() -> None:
    """A result in a user message stands before the next call, as it should."""
    use = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]}
    ran = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]}
    assert places(RULE, [USER, use, ran, use], STRICT, url="http://h/v1/messages") == []
    assert places(RULE, [USER, ASSISTANT, use], STRICT, url="http://h/v1/messages") == [2]


def test_only_who_refuses_it_counts() -> None:
    """And parallel calls of the Responses wire are items of their own."""
    request = {"messages": [USER, ASSISTANT, calls("c"), tool("c")]}
    assert found(RULE, request) == found(RULE, request, server="OpenAI") == []
    (finding,) = found(RULE, request, STRICT)
    assert (finding.severity, finding.location.pointer) == (Severity.ERROR, "/messages/2/tool_calls/0")
    items = [{"type": "function_call", "call_id": one, "name": "f", "arguments": "{}"} for one in "cd"]
    assert found(RULE, {"input": [USER, *items]}, STRICT) == []


def test_the_servers_words_tell() -> None:
    """Of the request, and without it."""
    assert found(RULE, {"messages": [ASSISTANT, calls("c")]}, status=400, response=WORDS)[0].refused
    assert found(RULE, status=400, response=[{"error": {"message": WORDS}}])[0].refused


@pytest.mark.parametrize(
    ("messages", "fix"),
    [
        ([USER, ASSISTANT, calls("c")], "merge messages[2] into the assistant message before it"),
        ([SYSTEM, calls("c")], "put the user message that led to the call before messages[1]"),
        ([calls("c")], "put the user message that led to the call before messages[0]"),
    ],
)
def test_the_fix_says_what_to_do(messages: list[object], fix: str) -> None:
    """Merge two halves of one answer; else the beginning is missing."""
    assert found(RULE, {"messages": messages}, STRICT)[0].fix == fix


@pytest.mark.parametrize(
    "words",
    [
        "Please ensure that function call turns come immediately after a user turn",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [ASSISTANT, calls("c")]}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER, calls("c")]}, status=400, response=said) == []
