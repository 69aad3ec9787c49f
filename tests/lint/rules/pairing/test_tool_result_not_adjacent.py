"""tool-result-not-adjacent: something stands between a tool call and its answer."""

import pytest
from linting import ASSISTANT, SYSTEM, USER, calls, found, judged, places, recording, refusing, told, tool

from nexdiag.core.finding import Severity

RULE = "tool-result-not-adjacent"
MESSAGES = [USER, calls("a"), USER, tool("a")]
T_CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]}
T_RESULT = {"type": "tool_result", "tool_use_id": "t", "content": "r"}
TEXT = {"type": "text", "text": "x"}


@pytest.mark.parametrize(
    ("messages", "found_at"),
    [
        (MESSAGES, [2]),
        ([USER, calls("a"), SYSTEM, USER, tool("a")], [2]),
        ([USER, calls("a", "b"), tool("a"), USER, tool("b")], [3]),
        ([USER, calls("a", "b"), USER, tool("a"), tool("b")], [2]),
        ([USER, calls("a"), ASSISTANT, tool("a")], [2]),
        ([USER, calls("a", "b"), tool("a"), calls("c"), tool("c"), tool("b")], [3]),
        ([USER, T_CALL, USER, {"role": "user", "content": [T_RESULT]}], [2]),
        ([USER, T_CALL, {"role": "user", "content": [TEXT, T_RESULT]}], [2]),
        ([*MESSAGES, USER, calls("b"), ASSISTANT, tool("b")], [2, 6]),
    ],
)
def test_the_intruder_is_at_fault(messages: list[object], found_at: list[int]) -> None:
    """The message that has to move is the first that stands between; the pair is no orphan, and not unanswered."""
    assert places(RULE, messages) == found_at
    assert {one.rule for one in judged({"messages": messages}) if one.code.startswith("NX2")} == {RULE}


@pytest.mark.parametrize(
    "messages",
    [
        [USER, calls("a", "b"), tool("b"), tool("a"), USER],
        [USER, calls("a"), calls("b"), tool("a"), tool("b")],  # split parallel calls: another fault
        [USER, calls("a"), USER],  # never answered: another fault
        [USER, calls("a"), tool("a"), tool("a")],
        [USER, T_CALL, {"role": "user", "content": [T_RESULT, TEXT]}],
        [USER, {"role": "user", "content": [TEXT, T_RESULT]}],  # an orphan
    ],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """Answers alone may stand between a call and its answer."""
    assert places(RULE, messages) == []


def test_on_the_responses_wire_only_words_make_it_a_fault() -> None:
    """An output may stand anywhere behind its call, unless the server says otherwise; items of one turn are none."""
    call = {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "a", "output": "r"}
    request = {"input": [USER, call, {"type": "reasoning", "summary": []}, USER, output]}
    assert judged(request) == ()
    said = {"error": {"message": "No tool output found for function call a."}}
    (finding, *_) = judged(request, status=400, response=said)
    assert (finding.rule, finding.location.pointer, finding.refused) == (RULE, "/input/3", True)


@pytest.mark.parametrize(
    "said",
    [
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
        "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
        "Unexpected role 'tool' after role 'user'",
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a.",
        "invalid params, tool call result does not follow tool call (2013)",
    ],
)
def test_the_words_for_either_half_confirm_it(said: str) -> None:
    """Structure decides: the words of an orphan and of an unanswered call are explained by the intruder."""
    (finding, *_) = judged({"messages": MESSAGES}, status=400, response={"error": {"message": said}})
    assert (finding.rule, finding.location.message_index, finding.refused) == (RULE, 2, True)


def test_the_profile_decides() -> None:
    """An error where the server is known to refuse it, a warning elsewhere; the facts fill its words."""
    assert found(RULE, {"messages": MESSAGES})[0].severity is Severity.WARNING
    (finding,) = found(RULE, {"messages": MESSAGES}, refusing(RULE))
    assert finding.severity is Severity.ERROR
    assert finding.facts == {"index": "1", "next": "2", "id": "a", "ids": "a", "previous": "user"}


def test_a_chat_that_grows_tells_it_once() -> None:
    """It is found in the first request that holds the late answer, and counted in those that follow."""
    more = [USER, calls("b"), ASSISTANT, tool("b")]
    rounds = [MESSAGES[:3], MESSAGES, [*MESSAGES, *more]]
    tape = recording(*(({"messages": messages}, 200, {"choices": []}) for messages in rounds))
    findings = told(RULE, tape, refusing(RULE))
    assert [(one.location.exchange, one.location.message_index, one.repeats) for one in findings] == [
        (1, 2, 1),
        (2, 6, 0),
    ]


def test_the_words_of_converse() -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = "messages.2.content: Conversation blocks and tool result blocks cannot be provided in the same turn."
    mixed = {"role": "user", "content": [TEXT, T_RESULT]}
    assert found(RULE, {"messages": [USER, T_CALL, mixed]}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].location.message_index == 2
    alone = {"role": "user", "content": [T_RESULT]}
    assert found(RULE, {"messages": [USER, T_CALL, alone]}, status=400, response=said) == []
