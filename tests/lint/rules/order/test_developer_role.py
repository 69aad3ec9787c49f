"""developer-role: a role that few servers know."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import SYSTEM, USER, found, places, refusing

RULE = "developer-role"
DEVELOPER = {"role": "developer", "content": "d"}


def test_each_message_of_that_role_is_found() -> None:
    """At its role."""
    assert places(RULE, [DEVELOPER, USER, DEVELOPER, {"role": "developer", "content": "e"}]) == [0, 2, 3]
    assert found(RULE, {"messages": [DEVELOPER]})[0].location.pointer == "/messages/0/role"


def test_look_alikes_are_let_pass() -> None:
    """Other roles; and the Responses wire, where it is at home."""
    assert places(RULE, [SYSTEM, USER, {"role": "Developer"}, {"role": ["developer"]}]) == []
    assert found(RULE, {"input": [DEVELOPER, USER]}) == []


def test_the_profile_decides() -> None:
    """And it tells which roles are known."""
    request = {"messages": [DEVELOPER, USER]}
    (finding,) = found(RULE, request, refusing(RULE, roles=("system", "user")))
    assert (finding.severity, finding.evidence[1]) == (Severity.ERROR, "known roles: system, user")
    assert found(RULE, request)[0].severity is Severity.WARNING
    assert found(RULE, request, server="OpenAI") == []
    assert found(RULE, request, status=200) == []


@pytest.mark.parametrize(
    "words",
    [
        "messages[0].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`",
        "developer is not one of ['system', 'assistant', 'user', 'tool', 'function'] - 'messages.['0].role'",
        "Input tag 'developer' found using 'role' does not match any of the expected tags: 'system', 'user'",
        "Input should be 'system', 'user', 'assistant', or 'tool'",
        "Unsupported value: 'messages[0].role' does not support 'developer' with this model.",
    ],
)
def test_the_servers_words_tell(words: str) -> None:
    """Of the request, and without it."""
    assert found(RULE, {"messages": [DEVELOPER, USER]}, status=400, response=words)[0].refused
    assert found(RULE, status=422, response=words)[0].refused


def test_a_template_that_knows_no_such_role() -> None:
    """Its words name none: they count where the request shows it."""
    words = "Jinja Exception: Unexpected message role."
    assert found(RULE, {"messages": [DEVELOPER, USER]}, status=500, response=words)[0].refused
    assert found(RULE, {"messages": [USER]}, status=500, response=words) == []


@pytest.mark.parametrize(
    "words",
    [
        "Role must be one of system, user, assistant, but got 'developer'",
        "messages.0.role: Input should be 'system' or 'user' [input_value='developer', input_type=str]",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [DEVELOPER, USER]}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER]}, status=400, response=said) == []
