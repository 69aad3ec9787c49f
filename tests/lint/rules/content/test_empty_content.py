"""empty-content: a message or a block that says nothing."""

from typing import Any

import pytest

from nexdiag.core.finding import Severity
from tests.linting import ASSISTANT, USER, calls, found, judged, refusing, tool

RULE = "empty-content"
ANTHROPIC = "http://h/v1/messages"
WORDS = "messages: text content blocks must be non-empty"


def said(content: object, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": content}


def text(*texts: object) -> list[object]:
    return [{"type": "text", "text": one} for one in texts]


@pytest.mark.parametrize(
    ("message", "pointer"),
    [
        (said(""), "/messages/1/content"),
        (said(" \n"), "/messages/1/content"),
        (said("", "system"), "/messages/1/content"),
        (said("", "assistant"), "/messages/1/content"),
        (said([]), "/messages/1/content"),
        (said(text("")), "/messages/1/content/0/text"),
        (said(text(" ")), "/messages/1/content/0/text"),
        (said(text("a", "")), "/messages/1/content/1/text"),
        (calls("c", content=text("")), "/messages/1/content/0/text"),
    ],
)
def test_where_nothing_is_said_is_found(message: object, pointer: str) -> None:
    """The content, or the block."""
    (finding,) = found(RULE, {"messages": [USER, message]})
    place = finding.location
    assert (place.message_index, place.pointer, finding.severity) == (1, pointer, Severity.WARNING)


@pytest.mark.parametrize(
    "message",
    [
        said("a"),
        said(None, "assistant"),
        calls("c", content=""),
        tool("c", ""),
        tool("c", []),
        said("", "assistant") | {"function_call": {"name": "f", "arguments": "{}"}},
        said([{"type": "image_url", "image_url": {"url": "u"}}]),
        said(text("a", " ")),
        said(text(None, 1)),
        said(["", None]),
        said([{"type": "tool_result", "tool_use_id": "t", "content": ""}]),
        said([{"type": "tool_use", "id": "t", "name": "f", "input": {}}], "assistant"),
        {"role": "user"},
        {"content": ""},
    ],
)
def test_look_alikes_are_let_pass(message: object) -> None:
    """An empty text beside a call, the empty output of a tool, a blank block beside another."""
    assert found(RULE, {"messages": [USER, message]}) == []


@pytest.mark.parametrize(
    "item",
    [
        {"type": "reasoning", "summary": []},
        {"type": "reasoning", "summary": [], "content": []},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": ""},
        {"type": "function_call_output", "call_id": "c", "output": ""},
    ],
)
def test_items_have_no_content(item: object) -> None:
    """On the Responses wire only messages have."""
    assert found(RULE, {"input": [USER, item]}) == []
    assert found(RULE, {"input": [USER, said("")]})[0].location.pointer == "/input/1/content"


@pytest.mark.parametrize(
    ("system", "pointer"),
    [("s", None), ("", None), (" ", "/system"), (text("s"), None), (text("s", ""), "/system/1/text"), ([], None)],
)
def test_the_system_prompt_outside_the_list_is_read(system: object, pointer: str | None) -> None:
    """Of the Anthropic dialect: as a text it may be empty."""
    findings = found(RULE, {"system": system, "messages": [USER]}, url=ANTHROPIC)
    assert [one.location.pointer for one in findings] == ([] if pointer is None else [pointer])


@pytest.mark.parametrize(
    ("messages", "at"),
    [([USER, calls("c", content=""), tool("c")], 1), ([said("", "system"), USER], 0), ([USER, tool("c", "")], 1)],
)
def test_what_is_harmless_counts_where_the_server_says_so(messages: list[object], at: int) -> None:
    """A gateway makes an empty block of an empty text."""
    (finding, *_) = found(RULE, {"messages": messages}, status=400, response=WORDS)
    assert (finding.refused, finding.location.message_index) == (True, at)


@pytest.mark.parametrize(
    "words",
    [
        WORDS,
        "system: text content blocks must contain non-whitespace text",
        "messages.0: all messages must have non-empty content except for the optional final assistant message",
        "The content field in the Message object at messages.1 is empty. Add a ContentBlock object",
        "The text field in the ContentBlock object at messages.1.content.0 is blank. Add text to the text field",
    ],
)
def test_the_servers_words_tell(words: str) -> None:
    """Of the request, and without it."""
    assert judged({"messages": [USER, said("", "system")]}, status=400, response=words)[0].rule == RULE
    assert found(RULE, status=400, response=words)[0].refused


@pytest.mark.parametrize(
    ("block", "pointer"),
    [
        ({"type": "tool_result", "tool_use_id": "a", "content": text("")}, "/messages/2/content/0/content/0/text"),
        ({"toolResult": {"toolUseId": "a", "content": []}}, "/messages/2/content/0/toolResult/content"),
        (
            {"toolResult": {"toolUseId": "a", "content": [{"text": ""}]}},
            "/messages/2/content/0/toolResult/content/0/text",
        ),
    ],
)
def test_an_empty_result_counts_where_the_server_says_so(block: dict[str, Any], pointer: str) -> None:
    """Most take one."""
    use = {"type": "tool_use", "id": "a"} if "type" in block else {"toolUse": {"toolUseId": "a"}}
    request = {"messages": [USER, said([use], "assistant"), said([block])]}
    refused = "messages: text content blocks must be non-empty"
    assert [one.location.pointer for one in found("empty-content", request, status=400, response=refused)] == [pointer]
    assert found("empty-content", request) == []


def test_the_profile_decides() -> None:
    """An error where it is refused; nothing on a known server that takes it, nor once it did."""
    request = {"messages": [said(""), ASSISTANT]}
    assert found(RULE, request, refusing(RULE))[0].severity is Severity.ERROR
    assert found(RULE, request, server="OpenAI") == found(RULE, request, status=200) == []
    assert found(RULE, {"messages": [USER, said("", "assistant"), USER]}, refusing(RULE), url=ANTHROPIC) == []


@pytest.mark.parametrize(
    ("message", "fix"),
    [
        (said(""), "leave messages[1] out"),
        (said(text("a", "")), "leave the block out of messages[1]"),
        (calls("c", content=""), "leave content out of messages[1], or send it as null"),
    ],
)
def test_the_fix_says_what_to_leave_out(message: object, fix: str) -> None:
    """The message, the block, or the field."""
    assert found(RULE, {"messages": [USER, message]}, status=400, response=WORDS)[0].fix == fix


def test_an_empty_text_beside_calls_is_one_of_the_two() -> None:
    """A server that wants a text or calls does not speak of it."""
    words = "Assistant message must have either content or tool_calls, but not both."
    assert found(RULE, {"messages": [USER, calls("c", content=""), tool("c")]}, status=400, response=words) == []
    assert found(RULE, {"messages": [USER, said("", "assistant"), USER]}, status=400, response=words)[0].refused


@pytest.mark.parametrize(
    "words",
    [
        "invalid request: message must be at least 1 token long or tool results must be specified.",
        "invalid request: all elements in history must have a message.",
        "Unable to submit request because it has an empty text parameter. Add a value to the parameter and try again.",
        "Unable to submit request because it must have a text parameter.",
        "An empty message was provided. Every message needs at least one non-empty content element.",
        "messages.0.content.0.text: cache_control cannot be set for empty text blocks",
        "'messages' must only contain objects with a 'content' field that is not empty",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [{"role": "user", "content": ""}]}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER]}, status=400, response=said) == []
