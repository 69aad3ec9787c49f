"""Promises of nexdiag.codec.responses.item: what a model said goes back as it came, and in a form that is taken."""

from typing import Any

import msgspec
import pytest

from nexdiag.codec.chat import ToolSpec
from nexdiag.codec.responses.item import (
    KEY,
    assistant_items,
    assistant_message,
    output_item,
    output_message,
    tool_spec,
    tools_value,
    user_content,
    user_item,
)
from nexdiag.core.message import Message, ToolCall

SAID: dict[str, Any] = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "It is Sunday.", "annotations": []}],
}
SEALED = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "SEALED=="}
OPEN = {"type": "reasoning", "id": "rs_2", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}
BARE = {"type": "reasoning", "id": "rs_3", "summary": [{"type": "summary_text", "text": "Thinking of days"}]}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "day", "arguments": '{"in": "Zürich"}'}
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed"}


@pytest.mark.parametrize(
    "items",
    [
        [SAID],
        [SEALED, SAID, CALL],
        [SEALED, CALL, SEALED | {"id": "rs_9"}, CALL | {"call_id": "call_2"}],
        [OPEN, SAID],
        [SEARCH, SAID, SAID | {"id": "msg_2"}],
        [{"type": "from_the_future", "x": [1]}, CALL],
    ],
)
def test_items_go_back_exactly_as_received(items: list[dict[str, Any]]) -> None:
    """Ids, sealed reasoning, items of server tools and their order survive."""
    message = assistant_message(items)
    assert assistant_items(message) == items
    assert message.extra == {KEY: items}


def test_words_and_calls_are_read() -> None:
    """Text, thoughts and calls, the arguments as the very text that was sent."""
    message = assistant_message([BARE, SAID, CALL])
    assert (message.text, message.reasoning) == ("It is Sunday.", "Thinking of days")
    assert message.tool_calls == (ToolCall(id="call_1", name="day", arguments='{"in": "Zürich"}'),)
    assert assistant_message([OPEN | {"summary": BARE["summary"]}]).reasoning == "Hm."


def test_reasoning_that_is_a_mere_id_stays_behind() -> None:
    """A server that stores nothing finds no such item; nor does it take the ids of those that followed it."""
    items = assistant_items(assistant_message([BARE, SAID, CALL]))
    assert [item["type"] for item in items] == ["message", "function_call"]
    assert not any("id" in item for item in items)


def test_an_edited_message_is_written_anew() -> None:
    """Where a call was renamed or the text cut, the words count; reasoning whose item is gone would be refused."""
    message = assistant_message([SEALED, SAID, CALL])
    renamed = msgspec.structs.replace(message.tool_calls[0], id="call_2")
    items = assistant_items(msgspec.structs.replace(message, tool_calls=(renamed,)))
    assert [(item["type"], item.get("call_id")) for item in items] == [("message", None), ("function_call", "call_2")]


def test_a_call_without_arguments_is_not_edited_by_saying_so() -> None:
    """The loop writes nothing as `{}`: the item still goes back with its reasoning (reference fault L12)."""
    items = [SEALED, CALL | {"arguments": ""}]
    message = assistant_message(items)
    mended = msgspec.structs.replace(message.tool_calls[0], arguments="{}")
    assert assistant_items(msgspec.structs.replace(message, tool_calls=(mended,))) == items


def test_a_refusal_is_read_as_text() -> None:
    """The user sees the words with which the model refused."""
    refused = SAID | {"content": [{"type": "refusal", "refusal": "No."}]}
    assert assistant_message([refused]).text == "No."


@pytest.mark.parametrize("call_id", ["", "functions.day:0", "x" * 65])
def test_odd_ids_of_calls_still_match_their_results(call_id: str) -> None:
    """An id of another wire is brought to what this one takes, on both sides alike."""
    call = ToolCall(id=call_id, name="day?", arguments="{}")
    (item,) = assistant_items(Message(role="assistant", tool_calls=(call,)))
    result = output_item(Message(role="tool", content="x", tool_call_id=call_id))
    assert item["call_id"] == result["call_id"]
    assert len(item["call_id"]) <= 64
    assert item["name"] == "day_"


def test_outcomes_round_trip() -> None:
    """Text is text; parts stay parts."""
    for content in ("4", "", [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}]):
        message = Message(role="tool", content=content, tool_call_id="c1")
        assert output_message(output_item(message)) == message


def test_parts_round_trip() -> None:
    """Text and pictures are written in this wire's form, and read back."""
    parts = [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": "u", "detail": "low"}}]
    item = user_item(Message(role="user", content=parts))
    assert [part["type"] for part in item["content"]] == ["input_text", "input_image"]
    assert user_content(item["content"]) == parts


def test_tools_round_trip() -> None:
    """In one order, and not strict, which would refuse most schemas; a server's own tool is no tool of ours."""
    value = tools_value([ToolSpec(name="b", description="B"), ToolSpec(name="a")])
    assert [entry["name"] for entry in value] == ["a", "b"]
    assert not any(entry["strict"] for entry in value)
    assert [tool_spec(entry) for entry in value] == [ToolSpec(name="a"), ToolSpec(name="b", description="B")]
    assert tool_spec({"type": "web_search", "name": "x"}) is None
