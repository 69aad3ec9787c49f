"""duplicate-tool-call-id: two tool calls of one message have the same id."""

import pytest
from linting import USER, calls, found, judged, places, refusing, tool

from nexdiag.core.finding import Severity

RULE = "duplicate-tool-call-id"
USE = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
BOTH = calls("t", content=[USE])


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (calls("a", "a"), "/tool_calls/1"),
        (calls("a", "b", "a"), "/tool_calls/2"),
        ({"role": "assistant", "content": [USE, USE]}, "/content/1"),
        (BOTH, "/content/0"),
        (calls("b", content=[None, USE, {**USE, "id": "b"}]), "/content/2"),
    ],
)
def test_the_assistant_message_is_at_fault(message: object, place: str) -> None:
    """The second place of the id is pointed at, in whatever form the calls are sent."""
    (finding,) = found(RULE, {"messages": [USER, message]})
    assert (finding.location.message_index, finding.location.pointer) == (1, f"/messages/1{place}")


@pytest.mark.parametrize(
    "messages",
    [
        [USER, calls("a", "b"), tool("a"), tool("b")],
        [USER, calls("a"), tool("a"), USER, calls("a"), tool("a")],  # in another turn: another fault
        [USER, calls("", ""), tool("")],  # no ids at all
        [USER, {"role": "assistant", "content": "x", "tool_calls": [None, 3, {"id": None}, {"id": None}]}],
    ],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """Ids that differ, or are none, are no duplicates."""
    assert places(RULE, messages) == []


def test_items_of_one_turn_on_the_responses_wire() -> None:
    """There a call is an item: the second one with the `call_id` is at fault."""
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": "r"}
    (finding,) = found(RULE, {"input": [USER, call, call, output, output]})
    assert finding.location.pointer == "/input/2/call_id"
    assert found("tool-call-id-reused-across-turns", {"input": [USER, call, call, output]}) == []


@pytest.mark.parametrize(
    "said",
    [
        "`tool_use` ids must be unique",
        "messages.43.content.2: tool_use ids must be unique",
        "Duplicate tool call id t in assistant message",
    ],
)
def test_the_words_tell(said: str) -> None:
    """They confirm it where the request shows it, and name it where the request is not known."""
    parts = {"status": 400, "response": {"error": {"message": said}}}
    finding = judged({"messages": [USER, BOTH, tool("t")]}, **parts)[0]
    assert (finding.rule, finding.location.message_index, finding.refused) == (RULE, 1, True)
    assert judged(None, **parts)[0].rule == RULE


def test_the_profile_decides() -> None:
    """An error where it is refused; the fix tells one call in two forms from two calls."""
    request = {"messages": [USER, BOTH, tool("t")]}
    assert [one.severity for one in found(RULE, request)] == [Severity.WARNING]
    assert [one.severity for one in found(RULE, request, refusing())] == [Severity.INFO]
    (finding,) = found(RULE, request, refusing(RULE))
    assert finding.severity is Severity.ERROR
    assert finding.fix == "send the call of messages[1] in one form: as a block, or in tool_calls"
    assert finding.facts == {"index": "1", "id": "t"}


@pytest.mark.parametrize(
    "words",
    [
        "The toolUse blocks at messages.1.content contain duplicate Ids: a",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [USER, calls("a", "a"), tool("a")]}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER, calls("a"), tool("a")]}, status=400, response=said) == []
