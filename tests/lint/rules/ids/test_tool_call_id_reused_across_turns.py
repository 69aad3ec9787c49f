"""tool-call-id-reused-across-turns: a tool call has the id of a call of an earlier turn."""

import pytest
from linting import ASSISTANT, USER, calls, found, judged, places, refusing, tool

from nexdiag.core.finding import Severity

RULE = "tool-call-id-reused-across-turns"
MESSAGES = [USER, calls("x:0"), tool("x:0"), calls("x:0"), tool("x:0")]
SWALLOWED = [USER, calls("x:0"), tool("x:0"), calls("x:0"), calls("x:1"), tool("x:1")]


@pytest.mark.parametrize(
    ("messages", "found_at"),
    [
        (MESSAGES, [3]),
        (SWALLOWED, [3]),
        ([*MESSAGES, ASSISTANT, USER, calls("x:0", "x:1"), tool("x:0"), tool("x:1")], [3, 7]),
        ([USER, calls("a"), calls("a"), tool("a")], [2]),
    ],
)
def test_the_later_message_is_at_fault(messages: list[object], found_at: list[int]) -> None:
    """One finding a message, at the id."""
    assert places(RULE, messages) == found_at
    assert found(RULE, {"messages": messages})[0].location.pointer == f"/messages/{found_at[0]}/tool_calls/0/id"


@pytest.mark.parametrize(
    "messages",
    [
        [USER, calls("a", "a"), tool("a")],  # in one message: another fault
        [USER, calls("a"), tool("a"), calls("b"), tool("b")],
        [USER, calls(""), tool(""), calls(""), tool("")],  # no ids at all
    ],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """Ids that differ, or are none, are not used again."""
    assert places(RULE, messages) == []


def test_on_the_responses_wire() -> None:
    """An answered call whose `call_id` comes again is of an earlier turn."""
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": "r"}
    assert [one.location.pointer for one in found(RULE, {"input": [call, output, call, output]})] == [
        "/input/2/call_id"
    ]


@pytest.mark.parametrize("said", ["invalid params, tool call result does not follow tool call (2013)"])
def test_a_swallowed_answer_is_its_consequence(said: str) -> None:
    """The call without a result is not told as unanswered: the id is why its result was lost."""
    first, *rest = judged({"messages": SWALLOWED}, status=400, response={"error": {"message": said}})
    assert (first.rule, first.location.message_index, first.refused) == (RULE, 3, True)
    assert [one.rule for one in rest if one.rule == "unanswered-tool-call"] == []


def test_the_same_words_for_a_call_with_an_id_of_its_own() -> None:
    """Structure decides."""
    said = {"error": {"message": "tool call result does not follow tool call"}}
    assert judged({"messages": [USER, calls("a"), USER]}, status=400, response=said)[0].rule == "unanswered-tool-call"
    assert judged({"messages": MESSAGES}, status=400, response={"error": {"message": "tool_use ids must be unique"}})[
        0
    ].refused


def test_the_profile_decides() -> None:
    """A warning where nobody knows the server, a remark where it is not refused, an error where it is."""
    request = {"messages": MESSAGES}
    assert [one.severity for one in found(RULE, request)] == [Severity.WARNING]
    assert [one.severity for one in found(RULE, request, refusing())] == [Severity.INFO]
    (finding,) = found(RULE, request, refusing(RULE))
    assert finding.severity is Severity.ERROR
    assert finding.facts == {"index": "3", "id": "x:0", "earlier": "1", "next": "4"}
