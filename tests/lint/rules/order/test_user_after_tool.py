"""user-after-tool: no assistant between the tool and the user."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import ASSISTANT, USER, calls, found, places, refusing, tool

RULE = "user-after-tool"
STRICT = refusing(RULE)
RAN = [USER, calls("c"), tool("c")]
WORDS = "Unexpected role 'user' after role 'tool'"


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([*RAN, USER], [3]),
        ([*RAN, ASSISTANT, USER], []),
        ([*RAN, calls("d"), tool("d"), USER], [5]),
        ([USER, ASSISTANT, USER], []),
        ([*RAN, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c"}]}], []),
    ],
)
def test_the_users_message_is_at_fault(messages: list[object], at: list[int]) -> None:
    """Where a user message follows a tool message."""
    assert places(RULE, messages, STRICT) == at


def test_it_is_silent_where_nobody_refuses_it() -> None:
    """Most servers take it: an unknown one is believed to, and one that did is known to."""
    request = {"messages": [*RAN, USER]}
    assert (
        found(RULE, request) == found(RULE, request, server="OpenAI") == found(RULE, request, STRICT, status=200) == []
    )
    assert found(RULE, request, STRICT)[0].severity is Severity.ERROR


def test_the_servers_words_tell() -> None:
    """Of the request, and without it; in the words of mistral-common as well."""
    (finding,) = found(RULE, {"messages": [*RAN, USER]}, status=400, response=WORDS)
    assert (finding.refused, finding.location.pointer) == (True, "/messages/3/role")
    assert found(RULE, status=400, response="Unexpected role RoleEnum.user after role RoleEnum.tool")[0].refused


def test_the_responses_wire_is_made_of_items() -> None:
    """There the user may speak after any of them."""
    items = [{"type": "function_call", "call_id": "c", "name": "f"}, {"type": "function_call_output", "call_id": "c"}]
    assert found(RULE, {"input": [USER, *items, USER]}, STRICT) == []


@pytest.mark.parametrize(
    "words",
    [
        "invalid request: cannot specify message if the last entry in chat history contains tool results",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [*RAN, USER]}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": RAN}, status=400, response=said) == []
