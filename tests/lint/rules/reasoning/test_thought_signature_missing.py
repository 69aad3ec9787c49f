"""thought-signature-missing: a tool call comes back without its thought signature."""

from typing import Any

import pytest
from linting import ASSISTANT, USER, calls, found, judged, places, recording, refusing, told, tool

from nexdiag.core.finding import Severity

NAME = "thought-signature-missing"
STRICT = refusing(NAME, models="gemini-3")
SIGNATURE = {"google": {"thought_signature": "c2ln"}}
WORDS = "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
WORDS += "correctly. Additional data, function call `default_api:{}` , position 3."


def signed(*ids: str, **more: object) -> dict[str, Any]:
    """A message whose first call is signed, as Gemini's compatible address gives it."""
    message = calls(*ids)
    message["tool_calls"][0] |= more or {"extra_content": SIGNATURE}
    return message


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([USER, calls("a"), tool("a")], [1]),
        ([USER, signed("a"), tool("a"), calls("b"), tool("b")], [3]),
        ([USER, calls("a", arguments='{"signature": "x"}'), tool("a")], [1]),
        ([USER, calls("a", arguments={"signature": "x"}), tool("a")], [1]),
        ([USER, signed("a", extra_content={"google": {"thought_signature": ""}}), tool("a")], [1]),
        ([USER, signed("a", "b"), tool("a"), tool("b")], []),
        ([USER, signed("a", provider_specific_fields={"thought_signature": "x"}), tool("a")], []),
        ([USER, calls("call_1__thought__c2ln"), tool("call_1__thought__c2ln")], []),
        ([USER, calls("a") | {"extra_content": SIGNATURE}, tool("a")], []),
        ([USER, calls("a"), tool("a"), ASSISTANT, USER], []),
    ],
)
def test_the_running_turn(messages: list[object], at: list[int]) -> None:
    """On a server that wants it, the first call of each message since the user's last one must be signed."""
    request = {"model": "gemini-3-pro", "messages": messages}
    assert [one.location.message_index for one in found(NAME, request, STRICT)] == at


def test_where_nobody_wants_it() -> None:
    """Other servers, and other models of the same one."""
    assert places(NAME, [USER, calls("a"), tool("a")]) == []
    assert places(NAME, [USER, calls("a"), tool("a")], STRICT) == []
    assert found(NAME, {"model": "gemini-3", "messages": [USER, calls("a"), tool("a")]}, server="OpenAI") == []


def test_the_words_name_the_function() -> None:
    """Of several calls without a signature, the one that the words name comes first."""
    messages = [USER, calls("a", name="Read"), tool("a"), calls("b", name="Bash"), tool("b")]
    response = [{"error": {"code": 400, "message": WORDS.format("Bash"), "status": "INVALID_ARGUMENT"}}]
    first = judged({"model": "m", "messages": messages}, status=400, response=response)[0]
    assert (first.rule, first.location.message_index, first.refused) == (NAME, 3, True)
    assert first.location.pointer == "/messages/3/tool_calls/0"
    assert judged(status=400, response=response)[0].rule == NAME


@pytest.mark.parametrize(
    ("answer", "kept", "fires"),
    [(signed("a"), calls("a"), True), (signed("a"), signed("a"), False), (calls("a"), calls("a"), False)],
)
def test_a_recording_shows_what_the_answer_carried(answer: object, kept: object, fires: bool) -> None:
    """A signature that came, and does not go back, is evidence; where none came, none is wanted."""
    first = ({"model": "gemini-3", "messages": [USER]}, 200, {"choices": [{"message": answer}]})
    second = ({"model": "gemini-3", "messages": [USER, kept, tool("a")]}, None, None)
    findings = told(NAME, recording(first, second), STRICT)
    assert [finding.severity for finding in findings] == ([Severity.ERROR] if fires else [])
    assert all("exchange 0 carried one" in finding.summary for finding in findings)


@pytest.mark.parametrize("calls_made", [[None], [7, {}], {"id": "x"}, [{"function": None, "signature": [[[[]]]]}]])
def test_anything_may_stand_there(calls_made: object) -> None:
    """Reading never raises."""
    message = {"role": "assistant", "content": None, "tool_calls": calls_made}
    judged({"model": "gemini-3", "messages": [USER, message]}, STRICT)
