"""assistant-last: the conversation ends with the assistant."""

from typing import Any

import pytest

from nexdiag.core.finding import Severity
from tests.linting import ASSISTANT, SYSTEM, USER, calls, found, judged, places, recording, refusing, told, tool

RULE = "assistant-last"


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([USER, ASSISTANT], [1]),
        ([SYSTEM, ASSISTANT], [1]),
        ([USER, calls("c"), tool("c"), ASSISTANT], [3]),
        ([USER, ASSISTANT, USER], []),
        ([USER, calls("c")], []),
        ([USER, calls("c"), tool("c")], []),
        ([USER, ASSISTANT | {"prefix": True}], []),
        ([USER, ASSISTANT | {"partial": True}], []),
        ([USER, ASSISTANT | {"prefix": False}], [1]),
        ([], []),
        ([None], []),
    ],
)
def test_the_last_message_is_at_fault(messages: list[object], at: list[int]) -> None:
    """Unless it calls a tool, or says that it is the beginning of the answer."""
    assert places(RULE, messages) == at


@pytest.mark.parametrize(
    ("blocks", "at"),
    [
        ([{"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}], []),
        ([{"type": "text", "text": "t"}, {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}], []),
        ([{"type": "server_tool_use", "id": "s1", "name": "n", "input": {}}, {"type": "text", "text": "t"}], [1]),
        ([{"type": 3}], [1]),
        (["server_tool_use"], [1]),
        ([], [1]),
    ],
)
def test_a_paused_turn_is_taken_up_again(blocks: list[object], at: list[int]) -> None:
    """With what the server's own tools said last (`pause_turn`), and nothing behind it."""
    request = {"model": "claude-opus-4-7", "system": "s", "messages": [USER, {"role": "assistant", "content": blocks}]}
    assert [one.location.message_index for one in found(RULE, request, server="Anthropic")] == at


@pytest.mark.parametrize("meant", [{"continue_final_message": True}, {"add_generation_prompt": False}])
def test_a_request_may_say_that_it_is_meant(meant: dict[str, Any]) -> None:
    """In vLLM's and SGLang's words."""
    assert found(RULE, {"messages": [USER, ASSISTANT], **meant}) == []


@pytest.mark.parametrize(
    ("server", "model", "severity"),
    [
        (None, "m", Severity.WARNING),
        ("Mistral", "mistral-large-latest", Severity.ERROR),
        ("Anthropic", "claude-opus-4-7", Severity.ERROR),
        ("Anthropic", "claude-3-5-sonnet", None),
        ("OpenAI", "gpt-4o", None),
        ("SGLang", "m", Severity.WARNING),
    ],
)
def test_server_and_model_decide(server: str | None, model: str, severity: Severity | None) -> None:
    """Older models of Anthropic take a prefill; SGLang lets it pass as the user's words."""
    findings = found(RULE, {"model": model, "messages": [USER, ASSISTANT]}, server=server)
    assert [one.severity for one in findings] == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    "words",
    [
        "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant",
        "This model does not support assistant message prefill. The conversation must end with a user message.",
        "Assistant response prefill is incompatible with enable_thinking.",
        "Requests ending with a model turn are not supported.",
        "Please ensure that multiturn requests ends with a user role or a function response.",
        "Last message must have role `user`.",
        "The last message of deepseek-reasoner must be a user message, or an assistant message with prefix mode on",
    ],
)
def test_the_servers_words_confirm(words: str) -> None:
    """At the last message."""
    first = judged({"messages": [USER, ASSISTANT]}, status=400, response=words)[0]
    assert (first.rule, first.refused, first.location.pointer) == (RULE, True, "/messages/1/role")


def test_a_chat_that_goes_on_is_mended() -> None:
    """Only the requests that end so carry the fault."""
    chat = [USER, ASSISTANT, USER]
    words = {"error": {"message": "The conversation must end with a user message."}}
    cassette = recording(({"messages": chat[:2]}, 400, words), ({"messages": chat}, 200, {}))
    (finding,) = told(RULE, cassette, refusing(RULE))
    assert (finding.location.exchange, finding.repeats, finding.refused) == (0, 0, True)
    assert told(RULE, recording(({"messages": chat[:2]}, 200, {})), refusing(RULE)) == []


def test_the_responses_wire_has_no_prefill() -> None:
    """There the model goes on after any item."""
    assert found(RULE, {"input": [USER, ASSISTANT]}, refusing(RULE)) == []


@pytest.mark.parametrize(
    "words",
    [
        "`tool_use` is not allowed in an assistant message in the final position, which would pre-fill the response.",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [USER, ASSISTANT]}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER]}, status=400, response=said) == []
