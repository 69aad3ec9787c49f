"""Promises of nexdiag.codec.anthropic.message: what a model said goes back as it came, and in a form that is taken."""

from typing import Any

import msgspec
import pytest

from nexdiag.codec.anthropic.message import (
    KEY,
    assistant_blocks,
    assistant_message,
    result_block,
    result_message,
    tool_spec,
    tools_value,
    user_blocks,
    user_content,
)
from nexdiag.codec.chat import ToolSpec
from nexdiag.core.message import Message, ToolCall

TEXT = {"type": "text", "text": "It is Sunday."}
THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "SEALED=="}
REDACTED = {"type": "redacted_thinking", "data": "SEALED=="}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "day", "input": {"in": "Zürich"}}
SEARCH: list[dict[str, Any]] = [
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "day"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"encrypted_content": "x"}]},
]


def test_plain_words_keep_nothing_beside_them() -> None:
    """Text and calls are given back by the words alone, so that nothing is stored twice."""
    message = assistant_message([TEXT, CALL])
    assert message.text == "It is Sunday."
    assert message.tool_calls == (ToolCall(id="toolu_1", name="day", arguments='{"in":"Zürich"}'),)
    assert message.extra == {}
    assert assistant_blocks(message) == [TEXT, CALL]


@pytest.mark.parametrize(
    "blocks",
    [
        [THINKING, TEXT, CALL],
        [REDACTED, THINKING, CALL],
        [TEXT, THINKING, CALL],
        [TEXT, *SEARCH, {"type": "text", "text": "So.", "citations": [{"url": "u"}]}],
        [CALL, TEXT],
        [TEXT, TEXT],
        [CALL | {"caller": {"type": "direct"}}],
        [{"type": "from_the_future", "x": [1]}, TEXT],
    ],
)
def test_blocks_go_back_exactly_as_received(blocks: list[dict[str, Any]]) -> None:
    """Signatures, redacted thinking, server tools, citations and the order of blocks survive."""
    message = assistant_message(blocks)
    assert assistant_blocks(message) == blocks
    assert message.extra == {KEY: blocks}


def test_thinking_is_told_as_reasoning() -> None:
    """What the model thought aloud is there for the reader."""
    assert assistant_message([THINKING, TEXT]).reasoning == "Hm."


def test_an_edited_message_is_written_anew_after_its_thinking() -> None:
    """Where a call was renamed or the text cut, the words count; thinking stays: a call without it is refused."""
    message = assistant_message([THINKING, TEXT, *SEARCH, CALL])
    renamed = msgspec.structs.replace(message.tool_calls[0], id="toolu_2")
    edited = msgspec.structs.replace(message, tool_calls=(renamed,))
    assert assistant_blocks(edited) == [THINKING, TEXT, CALL | {"id": "toolu_2"}]
    assert assistant_blocks(msgspec.structs.replace(message, content=None, tool_calls=())) == [THINKING]


def test_unsigned_reasoning_of_another_wire_stays_behind() -> None:
    """Thinking without a signature is refused, so reasoning that came otherwise is not sent."""
    assert assistant_blocks(Message(role="assistant", content="Hi.", reasoning="Hm.")) == [
        {"type": "text", "text": "Hi."}
    ]


def test_blank_text_is_left_out() -> None:
    """The server refuses empty text blocks, even those that it sent itself."""
    assert assistant_blocks(assistant_message([TEXT, {"type": "text", "text": "\n"}, CALL])) == [TEXT, CALL]
    assert user_blocks("  ") == user_blocks([{"type": "text", "text": ""}]) == []


@pytest.mark.parametrize("call_id", ["", "functions.day:0", "call:1"])
def test_odd_ids_of_calls_still_match_their_results(call_id: str) -> None:
    """An id of another wire is brought to the pattern on both sides alike."""
    call = ToolCall(id=call_id, name="day?", arguments="{")
    (block,) = assistant_blocks(Message(role="assistant", tool_calls=(call,)))
    result = result_block(Message(role="tool", content="x", tool_call_id=call_id))
    assert block["id"] == result["tool_use_id"]
    assert block["id"].startswith("toolu_")
    assert (block["name"], block["input"]) == ("day_", {"invalid_json": "{"})


def test_failure_of_a_tool_is_told() -> None:
    """`is_error` goes out and comes back; an empty failure is refused, so it says that there was no output."""
    failed = Message(role="tool", content="", tool_call_id="c1", is_error=True)
    assert result_block(failed) == {
        "type": "tool_result", "tool_use_id": "c1", "content": "(no output)", "is_error": True,
    }  # fmt: skip
    assert result_message(result_block(failed)).is_error
    assert "is_error" not in result_block(Message(role="tool", content="", tool_call_id="c1"))


@pytest.mark.parametrize("url", ["data:image/png;base64,AAAA", "https://host/a.png"])
def test_images_round_trip(url: str) -> None:
    """A picture is written in this wire's form, and read back."""
    parts = [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": url}}]
    blocks = user_blocks(parts)
    assert blocks[1]["type"] == "image"
    assert blocks[1]["source"]["type"] in ("base64", "url")
    assert user_content(blocks) == parts


def test_tools_round_trip() -> None:
    """In one order, each with a schema that says it is one of an object; a server's own tool is no tool of ours."""
    specs = [ToolSpec(name="b", description="B", parameters={"properties": {}}), ToolSpec(name="a")]
    value = tools_value(specs)
    assert [entry["name"] for entry in value] == ["a", "b"]
    assert value[1]["input_schema"] == {"type": "object", "properties": {}}
    assert tool_spec(value[0]) == ToolSpec(name="a")
    assert tool_spec({"type": "web_search_20250305", "name": "web_search"}) is None
