"""reasoning-content-missing: reasoning that the server wants back is not sent back."""

from typing import Any

import pytest
from linting import ASSISTANT, USER, calls, found, judged, places, recording, refusing, told, tool

from nexdiag.core.endpoint import Profile
from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import UNKNOWN

NAME = "reasoning-content-missing"
STRICT = refusing(NAME)
WORDS = "Missing `reasoning_content` field in the assistant message at message index {}. For more information"
THINKS = calls("a") | {"reasoning_content": "I have to."}


def answered(*ids: str, **more: object) -> dict[str, Any]:
    return {"choices": [{"message": calls(*ids) | more, "finish_reason": "tool_calls"}]}


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([USER, calls("a"), tool("a")], [1]),
        ([USER, THINKS, tool("a"), calls("b"), tool("b")], [3]),
        ([USER, calls("a") | {"reasoning_content": None}, tool("a")], [1]),
        ([USER, calls("a") | {"reasoning": "under another name"}, tool("a")], [1]),
        ([USER, THINKS, tool("a")], []),
        ([USER, calls("a") | {"reasoning_content": ""}, tool("a")], []),
        ([USER, calls("a"), tool("a"), ASSISTANT, USER], []),
        ([USER, ASSISTANT, USER], []),
    ],
)
def test_the_running_tool_loop(messages: list[object], at: list[int]) -> None:
    """On a server that wants it, each calling message since the user's last one must have the field; empty will do."""
    assert places(NAME, messages, STRICT) == at


@pytest.mark.parametrize(("server", "status"), [(None, None), ("vLLM", None), ("OpenAI", None), ("DeepSeek", 200)])
def test_where_nobody_wants_it(server: str | None, status: int | None) -> None:
    """Without a profile, a recording or words there is nothing to speak of; nor once the server let it pass."""
    request = {"model": "deepseek-reasoner", "messages": [USER, calls("a"), tool("a")]}
    assert found(NAME, request, server=server, status=status) == []


@pytest.mark.parametrize("off", [{"thinking": {"type": "disabled"}}, {"enable_thinking": False}])
def test_thinking_that_is_turned_off(off: dict[str, Any]) -> None:
    """Then there is no reasoning to send back."""
    assert found(NAME, {"model": "m", "messages": [USER, calls("a"), tool("a")], **off}, STRICT) == []


@pytest.mark.parametrize("at", [1, 3, 5])
def test_the_words_name_the_message(at: int) -> None:
    """The message that the server names is the one, whether it calls or not, whatever the server."""
    messages = [USER, calls("a"), tool("a"), calls("b"), tool("b"), ASSISTANT, USER]
    response = {"error": {"message": WORDS.format(at)}}
    first = judged({"model": "m", "messages": messages}, status=400, response=response)[0]
    assert (first.rule, first.location.message_index, first.refused) == (NAME, at, True)


def test_the_words_tell_alone() -> None:
    """Where the request is not known."""
    assert judged(status=400, response={"error": {"message": WORDS.format(46)}})[0].rule == NAME


@pytest.mark.parametrize(
    ("kept", "profile", "severity"),
    [
        ({}, STRICT, Severity.ERROR),
        ({}, UNKNOWN, Severity.INFO),
        ({"reasoning_content": "I have to."}, STRICT, None),
        ({"reasoning": "I have to."}, UNKNOWN, None),
    ],
)
def test_a_recording_shows_what_the_answer_carried(
    kept: dict[str, Any], profile: Profile, severity: Severity | None
) -> None:
    """An answer that carried reasoning, and came back without it, is evidence on any server."""
    first = ({"model": "m", "messages": [USER]}, 200, answered("a", reasoning_content="I have to."))
    second = ({"model": "m", "messages": [USER, calls("a") | kept, tool("a")]}, None, None)
    findings = told(NAME, recording(first, second), profile)
    assert [finding.severity for finding in findings] == ([] if severity is None else [severity])
    assert all("exchange 0 carried reasoning" in finding.summary for finding in findings)


def test_a_recording_shows_that_there_was_none() -> None:
    """An answer without reasoning has nothing to send back."""
    first = ({"model": "m", "messages": [USER]}, 200, answered("a"))
    second = ({"model": "m", "messages": [USER, calls("a"), tool("a")]}, None, None)
    assert told(NAME, recording(first, second), STRICT) == []


def test_on_the_responses_wire_the_words_name_the_item() -> None:
    """There reasoning is an item of its own, and only the server knows which was left out."""
    said = {"error": {"message": "Item 'fc_1' of type 'function_call' was provided without its required 'reasoning' "}}
    said["error"]["message"] += "item: 'rs_1'."
    call = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"}
    items = [USER, call, {"type": "function_call_output", "call_id": "c", "output": "r"}]
    (finding,) = found(NAME, {"input": items}, status=400, response=said)
    assert (finding.location.pointer, finding.refused) == ("/input/1", True)
    assert judged(status=400, response=said)[0].rule == NAME
    assert found(NAME, {"input": items}) == found(NAME, {"input": [USER]}, status=400, response=said) == []
