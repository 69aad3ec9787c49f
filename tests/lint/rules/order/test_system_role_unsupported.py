"""system-role-unsupported: there is no place for a system message."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import ASSISTANT, SYSTEM, USER, found, judged, refusing

RULE = "system-role-unsupported"
TURNS = [SYSTEM, USER, ASSISTANT, USER]
ALTERNATE = "Conversation roles must alternate user/assistant/user/assistant/..."


def test_it_is_silent_until_the_server_speaks() -> None:
    """A system message at the beginning is as it should be on nearly all servers."""
    for server in (None, "OpenAI", "vLLM", "llama.cpp server"):
        assert found(RULE, {"messages": TURNS}, server=server) == []
        assert found(RULE, {"messages": TURNS}, server=server, status=400, response="Bad Request") == []


@pytest.mark.parametrize("server", [None, "vLLM", "OpenAI"])
def test_the_words_of_alternation_mean_it_where_all_alternates(server: str | None) -> None:
    """It is what remains."""
    (finding,) = found(RULE, {"messages": TURNS}, server=server, status=400, response=ALTERNATE)
    assert (finding.location.message_index, finding.location.pointer) == (0, "/messages/0/role")
    assert (finding.refused, finding.severity) == (True, Severity.ERROR)


@pytest.mark.parametrize(
    "messages", [[USER], [SYSTEM, USER, USER], [SYSTEM, ASSISTANT], [SYSTEM, SYSTEM, USER], [SYSTEM, USER, SYSTEM]]
)
def test_another_cause_comes_first(messages: list[object]) -> None:
    """Where something is out of turn, that is what the words speak of."""
    assert found(RULE, {"messages": messages}, status=400, response=ALTERNATE) == []


@pytest.mark.parametrize(
    "words",
    [
        "System role not supported",
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "Developer instruction is not enabled for models/gemma-3-27b-it",
        'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter',
    ],
)
def test_words_that_name_it_tell(words: str) -> None:
    """Whatever else is out of turn, and without the request."""
    assert found(RULE, {"messages": TURNS}, status=400, response=words)[0].refused
    assert found(RULE, status=400, response=words)[0].refused


def test_the_profile_decides() -> None:
    """Of the model that it names."""
    strict = refusing(RULE, models="gemma-2")
    assert found(RULE, {"model": "gemma-2-9b", "messages": TURNS}, strict)[0].severity is Severity.ERROR
    assert found(RULE, {"model": "gemma-3-9b", "messages": TURNS}, strict) == []


def test_the_anthropic_dialect_has_its_place_outside() -> None:
    """There the list of messages takes none, and the top-level field does."""
    (finding,) = found(RULE, {"messages": [SYSTEM, USER]}, url="http://h/v1/messages")
    assert (finding.severity, finding.fix) == (
        Severity.WARNING, "move the text of messages[0] into the top-level field system",
    )  # fmt: skip
    assert found(RULE, {"system": "s", "messages": [USER]}, url="http://h/v1/messages") == []


def test_a_developer_message_is_a_fault_of_its_own() -> None:
    """Where the words do not say system."""
    developer = {"role": "developer", "content": "d"}
    assert found(RULE, {"messages": [developer, USER]}, status=400, response="Unexpected message role.") == []
    words = "System role not supported"
    assert judged({"messages": [SYSTEM, developer, USER]}, status=400, response=words)[0].rule == RULE


@pytest.mark.parametrize(
    "words",
    [
        "Only user and assistant roles are supported!",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": TURNS}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER]}, status=400, response=said) == []
