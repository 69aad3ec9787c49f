"""first-message-not-user: the conversation begins with somebody else."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import ASSISTANT, SYSTEM, USER, calls, found, places, refusing, tool

RULE = "first-message-not-user"
DEVELOPER = {"role": "developer", "content": "d"}


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([ASSISTANT, USER], 0),
        ([SYSTEM, ASSISTANT, USER], 1),
        ([SYSTEM, DEVELOPER, ASSISTANT], 2),
        ([calls("c"), tool("c")], 0),
    ],
)
def test_the_first_message_is_at_fault(messages: list[object], at: int) -> None:
    """Behind the system prompt, and once."""
    (finding,) = found(RULE, {"messages": messages})
    place = finding.location
    assert (place.message_index, place.pointer, finding.severity) == (at, f"/messages/{at}/role", Severity.WARNING)


@pytest.mark.parametrize(
    "messages",
    [[USER, ASSISTANT], [SYSTEM, USER, ASSISTANT, USER], [SYSTEM], [tool("c"), USER], [{}, ASSISTANT], [None], []],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """A tool's answer at the beginning is an orphan, and what is no message is another fault too."""
    assert places(RULE, messages) == []


def test_the_responses_wire_may_go_on_where_it_ended() -> None:
    """There a request need not hold its beginning."""
    assert found(RULE, {"input": [ASSISTANT, USER]}) == []


def test_the_profile_decides() -> None:
    """An error where it is refused, nothing on a known server that takes it."""
    assert found(RULE, {"messages": [ASSISTANT]}, refusing(RULE))[0].severity is Severity.ERROR
    assert found(RULE, {"messages": [ASSISTANT]}, server="OpenAI") == []


@pytest.mark.parametrize(
    "words",
    [
        "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
        'messages: first message must use the "user" role',
        "The first message (except the system message) of deepseek-reasoner must be a user message, but an assistant",
    ],
)
def test_the_servers_words_tell(words: str) -> None:
    """Of the request, and without it."""
    (known,) = found(RULE, {"messages": [ASSISTANT, USER]}, status=400, response={"message": words})
    (unknown,) = found(RULE, status=400, response=words)
    assert (known.refused, known.location.message_index, unknown.refused) == (True, 0, True)


def test_a_tool_at_the_beginning_counts_where_the_server_says_so() -> None:
    """A history whose beginning was cut off."""
    words = "Conversation roles must alternate user/assistant/user/assistant/..."
    assert places(RULE, [SYSTEM, tool("c"), USER], status=400, response=words) == [1]
