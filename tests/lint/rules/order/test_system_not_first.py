"""system-not-first: a system message in the middle."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import ASSISTANT, SYSTEM, USER, calls, found, judged, places, refusing, tool

RULE = "system-not-first"
DEVELOPER = {"role": "developer", "content": "d"}


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([USER, SYSTEM], [1]),
        ([SYSTEM, USER, ASSISTANT, SYSTEM, USER], [3]),
        ([SYSTEM, SYSTEM, USER, DEVELOPER], [3]),
        ([USER, calls("c"), tool("c"), SYSTEM], [3]),
        ([USER, SYSTEM, SYSTEM, USER, SYSTEM], [1, 4]),
    ],
)
def test_what_stands_behind_another_is_at_fault(messages: list[object], at: list[int]) -> None:
    """The first of several in a row stands for them: one repair mends all."""
    assert places(RULE, messages) == at


@pytest.mark.parametrize("messages", [[SYSTEM], [SYSTEM, USER], [SYSTEM, SYSTEM, DEVELOPER, USER], [DEVELOPER], [{}]])
def test_the_beginning_is_let_pass(messages: list[object]) -> None:
    """Also several of them: that is another fault."""
    assert places(RULE, messages) == []


@pytest.mark.parametrize(
    "words",
    [
        "Jinja Exception: System message must be at the beginning.",
        "system message must be at the beginning",
        "System messages are only permitted as the first passed message.",
        "'Multiple system messages that are separated by user/assistant messages' functionality not supported.",
        "Received multiple non-consecutive system messages.",
        "Unexpected role 'system' after role 'assistant'",
    ],
)
def test_the_servers_words_tell(words: str) -> None:
    """And without the request it is named as the most frequent cause."""
    (finding,) = found(RULE, {"messages": [USER, ASSISTANT, SYSTEM, USER]}, status=500, response=words)
    assert (finding.refused, finding.location.pointer) == (True, "/messages/2/role")
    assert [one.rule for one in judged(status=500, response=words)] == [RULE]


@pytest.mark.parametrize(
    "words",
    [
        "body.messages.1.role: Input should be 'user' or 'assistant'",
        "chat content has invalid message role: system",
        "messages[1].role: unknown variant `system`, expected `user` or `assistant` at line 1 column 7954",
    ],
)
def test_servers_without_the_role(words: str) -> None:
    """Of the Messages dialect: the words have several causes, and count where the request shows it."""
    request = {"messages": [USER, SYSTEM, USER]}
    assert found(RULE, request, url="http://h/v1/messages", status=422, response=words)[0].refused
    assert found(RULE, {"messages": [USER]}, url="http://h/v1/messages", status=422, response=words) == []


def test_on_the_responses_wire_only_words_count() -> None:
    """There a developer message may stand anywhere."""
    request = {"input": [USER, DEVELOPER, USER]}
    assert found(RULE, request) == []
    (finding,) = found(RULE, request, status=500, response="System message must be at the beginning.")
    assert finding.location.pointer == "/input/1/role"


def test_the_profile_decides() -> None:
    """Advice where the server is not known, also if it let the request pass: some do not act on the message."""
    request = {"messages": [USER, SYSTEM]}
    assert found(RULE, request, status=200)[0].severity is Severity.WARNING
    assert found(RULE, request, refusing(RULE))[0].severity is Severity.ERROR
    assert found(RULE, request, server="OpenAI") == []


def test_words_about_another_role_are_not_its_own() -> None:
    """Mistral names both roles."""
    request = {"messages": [USER, SYSTEM, USER, calls("c"), tool("c"), USER]}
    assert not any(
        one.refused for one in found(RULE, request, status=400, response="Unexpected role 'user' after role 'tool'")
    )
    assert found(RULE, request, status=400, response="Unexpected role 'system' after role 'user'")[0].refused


def test_some_servers_take_it_behind_the_user() -> None:
    """As the profile states: mistral-common does."""
    lenient = refusing(RULE, system_after=("user",))
    assert places(RULE, [USER, SYSTEM, USER, ASSISTANT, SYSTEM], lenient) == [4]


def test_the_words_name_what_stands_before_it() -> None:
    """Of several the one behind such a message comes first."""
    messages = [SYSTEM, USER, SYSTEM, USER, ASSISTANT, SYSTEM, USER]
    words = "Unexpected role 'system' after role 'assistant'"
    first = judged({"messages": messages}, status=400, response=words)[0]
    assert (first.rule, first.location.message_index) == (RULE, 5)


@pytest.mark.parametrize(
    "words",
    [
        "Only user, assistant and tool roles are supported, got system.",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [USER, ASSISTANT, SYSTEM, USER]}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER]}, status=400, response=said) == []
