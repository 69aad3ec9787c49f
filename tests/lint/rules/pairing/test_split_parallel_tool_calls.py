"""split-parallel-tool-calls: parallel tool calls are split over several assistant messages."""

import pytest
from linting import ASSISTANT, USER, calls, found, judged, places, refusing, tool

from nexdiag.core.finding import Severity

RULE = "split-parallel-tool-calls"
MESSAGES = [USER, calls("a"), calls("b"), tool("a"), tool("b")]


@pytest.mark.parametrize(
    ("messages", "found_at"),
    [
        (MESSAGES, [2]),
        ([USER, calls("a"), calls("b"), tool("b"), tool("a")], [2]),
        ([USER, calls("a"), calls("b"), calls("c"), tool("a"), tool("b"), tool("c")], [2]),
        ([*MESSAGES, USER, calls("c"), calls("d"), tool("c"), tool("d")], [2, 7]),
    ],
)
def test_the_second_of_the_messages_is_at_fault(messages: list[object], found_at: list[int]) -> None:
    """It has to be merged into the first; nothing else is said of such calls."""
    assert places(RULE, messages) == found_at
    assert {one.rule for one in judged({"messages": messages}) if one.code.startswith("NX2")} == {RULE}


@pytest.mark.parametrize(
    "messages",
    [
        [USER, calls("a", "b"), tool("a"), tool("b")],
        [USER, calls("a"), tool("a"), calls("b"), tool("b")],
        [USER, calls("a"), ASSISTANT, calls("b"), tool("a"), tool("b")],  # something stands between: another fault
        [USER, calls("a"), calls("b"), tool("b")],  # the first is never answered: another fault
        [USER, calls("a"), calls("a"), tool("a")],
    ],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """Calls one after another, each answered before the next, are no parallel calls."""
    assert places(RULE, messages) == []


def test_items_of_the_responses_wire_are_right_so() -> None:
    """There each call is an item, and parallel calls are items in a row."""
    items = [{"type": "function_call", "call_id": one, "name": "f", "arguments": "{}"} for one in "ab"]
    items += [{"type": "function_call_output", "call_id": one, "output": "r"} for one in "ba"]
    assert judged({"model": "m", "input": [USER, *items]}) == ()


@pytest.mark.parametrize(
    "said",
    [
        "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
        "Not the same number of function calls and responses",
    ],
)
def test_the_words_for_either_half_confirm_it(said: str) -> None:
    """The first call seems to be unanswered, or its answer an orphan."""
    (finding, *_) = judged({"messages": MESSAGES}, status=400, response={"error": {"message": said}})
    assert (finding.rule, finding.location.message_index, finding.refused) == (RULE, 2, True)


def test_the_profile_decides() -> None:
    """An error where it is refused, a remark where ids are enough; the call's place and the facts are there."""
    request = {"messages": MESSAGES}
    assert [one.severity for one in found(RULE, request)] == [Severity.WARNING]
    assert [one.severity for one in found(RULE, request, refusing())] == [Severity.INFO]
    (finding,) = found(RULE, request, refusing(RULE))
    assert (finding.severity, finding.location.pointer) == (Severity.ERROR, "/messages/2/tool_calls/0")
    assert finding.facts == {"index": "1", "ids": "a", "next": "2"}
