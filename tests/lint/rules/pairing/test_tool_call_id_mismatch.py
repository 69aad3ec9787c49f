"""tool-call-id-mismatch: a tool message answers under an id that is not the call's."""

import pytest
from linting import ASSISTANT, USER, calls, found, judged, places, refusing, tool

from nexdiag.core.finding import Severity

RULE = "tool-call-id-mismatch"
MESSAGES = [USER, calls("a"), tool("x")]


@pytest.mark.parametrize(
    ("messages", "found_at"),
    [
        (MESSAGES, [2]),
        ([*MESSAGES, ASSISTANT, USER], [2]),
        ([USER, calls("a", "b"), tool("a"), tool("x")], [3]),
        ([USER, calls("a", "b"), tool("x"), tool("b")], [2]),
        ([USER, calls("a", "b"), tool("x"), tool("y")], [2, 3]),
        ([USER, calls("a"), tool("a"), calls("b"), tool("a")], [4]),
        ([USER, calls("a"), calls("b"), tool("b"), tool("x")], [4]),
    ],
)
def test_the_answer_is_at_fault(messages: list[object], found_at: list[int]) -> None:
    """It is told once: not as an orphan and an unanswered call besides."""
    assert places(RULE, messages) == found_at
    assert {one.rule for one in judged({"messages": messages}) if one.code.startswith("NX2")} == {RULE}


@pytest.mark.parametrize(
    "messages",
    [
        [USER, calls("a"), tool("x"), tool("a")],  # one answer too many: an orphan
        [USER, calls("a"), USER, tool("x")],  # not in the place of the answer
        [USER, tool("x")],
        [USER, calls("a"), {"role": "tool", "content": "r"}],
        [USER, calls("a", "b"), tool("b"), tool("a")],
    ],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """Only an answer that stands where the answer to another id is missing has a wrong id."""
    assert places(RULE, messages) == []


def test_all_three_wires() -> None:
    """The pointer goes to the id that has to change."""
    block = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "u", "content": "r"}]}
    (finding, *_) = judged({"messages": [USER, block, result]})
    assert (finding.rule, finding.location.pointer) == (RULE, "/messages/2/content/0/tool_use_id")
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "fc_1", "output": "r"}
    (finding, *_) = judged({"input": [USER, call, output]})
    assert (finding.rule, finding.location.pointer) == (RULE, "/input/2/call_id")
    assert finding.fix == 'set call_id of messages[2] to "call_1"'


@pytest.mark.parametrize(
    "said",
    [
        "Unexpected tool call id x in tool results",
        "... must be followed by tool messages ... The following tool_call_ids did not have response messages: a",
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        "messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: x.",
    ],
)
def test_the_words_for_either_half_confirm_it(said: str) -> None:
    """Of a pair with a wrong id a server sees one half first."""
    (finding, *_) = judged({"messages": MESSAGES}, status=400, response={"error": {"message": said}})
    assert (finding.rule, finding.location.message_index, finding.refused) == (RULE, 2, True)


def test_an_answer_without_an_id_counts_where_the_server_asks_for_one() -> None:
    """Elsewhere it can only mean the call before it."""
    said = {"error": {"message": "Missing parameter 'tool_call_id': messages with role 'tool' must have one."}}
    messages = [USER, calls("a"), {"role": "tool", "content": "r"}]
    (finding,) = found(RULE, {"messages": messages}, status=400, response=said)
    assert (finding.location.pointer, finding.refused) == ("/messages/2", True)
    nobody = [USER, {"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]}, {"role": "tool"}]
    assert places(RULE, nobody, status=400, response=said) == []


def test_the_profile_decides() -> None:
    """A warning where nobody checks, an error where it is refused; the facts have both ids."""
    request = {"messages": MESSAGES}
    assert [one.severity for one in found(RULE, request, refusing())] == [Severity.WARNING]
    (finding,) = found(RULE, request, refusing(RULE))
    assert finding.severity is Severity.ERROR
    assert finding.facts == {"index": "2", "id": "x", "ids": "a", "next": "2", "previous": "assistant"}


@pytest.mark.parametrize(
    "words",
    [
        "the following must be satisfied[('messages.2.tool_call_id' : property 'tool_call_id' is missing)]",
        "Failed to deserialize the JSON body into the target type: messages[2]: missing field `tool_call_id` at line 1",
        "Messages of role tool must have a tool_call_id",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [USER, calls("a"), {"role": "tool", "content": "r"}]}, status=400, response=said)[
        0
    ].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER, calls("a"), tool("a")]}, status=400, response=said) == []
