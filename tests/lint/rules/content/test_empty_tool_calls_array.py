"""empty-tool-calls-array: a list of calls without a call."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import ASSISTANT, USER, calls, found, judged, places, refusing

RULE = "empty-tool-calls-array"
EMPTY = ASSISTANT | {"tool_calls": []}
OPENAI = (
    "Invalid 'messages[1].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array."
)


@pytest.mark.parametrize(
    ("message", "at"),
    [
        (EMPTY, [1]),
        (calls("c"), []),
        (ASSISTANT, []),
        (ASSISTANT | {"tool_calls": None}, []),
        (ASSISTANT | {"tool_calls": {}}, []),
        (USER | {"tool_calls": []}, []),
    ],
)
def test_an_empty_list_is_at_fault(message: object, at: list[int]) -> None:
    """And no other emptiness."""
    assert places(RULE, [USER, message]) == at


def test_the_profile_decides() -> None:
    """Advice, an error, nothing."""
    request = {"messages": [USER, EMPTY, USER]}
    (finding,) = found(RULE, request)
    assert (finding.severity, finding.location.pointer) == (Severity.WARNING, "/messages/1/tool_calls")
    assert found(RULE, request, refusing(RULE))[0].severity is Severity.ERROR
    assert found(RULE, request, server="Ollama") == found(RULE, request, status=200) == []


@pytest.mark.parametrize(
    "words", [OPENAI, "Empty tool_calls is not supported in message", "[] is too short - 'messages.1.tool_calls'"]
)
def test_the_servers_words_tell(words: str) -> None:
    """Of the request, and without it."""
    first = judged({"messages": [USER, EMPTY, USER]}, status=400, response=words)[0]
    assert (first.rule, first.refused, first.location.message_index) == (RULE, True, 1)
    assert found(RULE, status=400, response=words)[0].refused


def test_the_message_that_is_named_comes_first() -> None:
    """Where several have it."""
    messages = [EMPTY | {"content": "b"}, EMPTY]
    assert judged({"messages": messages}, status=400, response=OPENAI)[0].location.message_index == 1


def test_it_is_a_field_of_chat_completions() -> None:
    """Of no other dialect."""
    assert found(RULE, {"input": [USER, EMPTY]}) == []
