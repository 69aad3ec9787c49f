"""no-user-message: nobody asked anything."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import ASSISTANT, SYSTEM, USER, calls, found, judged, refusing, tool

RULE = "no-user-message"
WORDS = "no user query found in messages"
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]}


@pytest.mark.parametrize("messages", [[SYSTEM], [SYSTEM, ASSISTANT], [calls("c"), tool("c")], [SYSTEM, RESULT]])
def test_a_conversation_without_the_user_is_found(messages: list[object]) -> None:
    """No message is at fault: one is missing."""
    (finding,) = found(RULE, {"messages": messages})
    assert (finding.location.message_index, finding.location.pointer) == (None, "/messages")
    assert finding.severity is Severity.WARNING


def test_one_is_enough() -> None:
    """Wherever it stands; and an empty list is another fault."""
    for messages in ([USER], [SYSTEM, ASSISTANT, USER], []):
        assert found(RULE, {"messages": messages}) == []
    assert found(RULE, {"input": [ASSISTANT]}) == []


def test_a_server_that_does_not_see_it_has_cut_the_prompt() -> None:
    """The request is well-formed: the window is to blame, and no message."""
    request = {"messages": [SYSTEM, USER, calls("c", content=""), tool("c")]}
    assert found(RULE, request, status=500, response="out of memory") == []
    (first,) = judged(request, server="Ollama", status=500, response={"error": {"message": WORDS}})
    assert (first.rule, first.refused, first.location.message_index) == (RULE, True, None)
    assert "num_ctx" in first.fix


def test_the_profile_decides() -> None:
    """And the words tell without the request."""
    assert found(RULE, {"messages": [SYSTEM]}, refusing(RULE))[0].severity is Severity.ERROR
    assert found(RULE, {"messages": [SYSTEM]}, server="OpenAI") == []
    assert found(RULE, status=500, response=f"Jinja Exception: {WORDS.capitalize()}.")[0].refused


@pytest.mark.parametrize(
    "words",
    [
        "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
        "* GenerateContentRequest.contents: contents is not specified",
        "Expected last role User or Tool (or Assistant with prefix True) for serving but got system",
    ],
)
def test_a_system_prompt_alone_is_no_conversation(words: str) -> None:
    """Services that keep it apart see an empty list, or one that ends with it."""
    (first,) = judged({"messages": [SYSTEM]}, status=400, response=words)
    assert (first.rule, first.refused) == (RULE, True)


@pytest.mark.parametrize(
    "words",
    [
        "messages 参数非法。请检查文档。",
        "The messages parameter is illegal. Please check the documentation.",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [SYSTEM, calls("c"), tool("c")]}, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER]}, status=400, response=said) == []
