"""Promises of nexdiag.codec.anthropic.reply: a whole answer is read as it was meant, and written to be read."""

import json

import pytest
import strategies as our
from hypothesis import given, settings

from nexdiag.codec.anthropic.reply import decode_reply, encode_reply, finish_reason, reply_blocks, stop_reason
from nexdiag.core.message import Message, Reply, Usage


@settings(max_examples=40)
@given(our.anthropic_replies(whole=True))
def test_round_trip(reply: Reply) -> None:
    """Any complete reply reads back equal, sealed blocks and all."""
    assert decode_reply(encode_reply(reply)) == reply


@settings(max_examples=40)
@given(our.replies(whole=True))
def test_words_of_another_wire_round_trip(reply: Reply) -> None:
    """What another wire brought is said again: its text, thoughts, calls and why it ended."""
    read = decode_reply(encode_reply(reply))
    assert read.message.text == (reply.message.text if reply.message.text.strip() else "")
    assert read.message.reasoning == reply.message.reasoning
    assert [call.name for call in read.message.tool_calls] == [call.name for call in reply.message.tool_calls]
    assert read.finish_reason == reply.finish_reason


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("pause_turn", "pause_turn"),
        ("from_the_future", "from_the_future"),
        (None, None),
        ("", None),
        (5, None),
    ],
)
def test_stop_reasons_in_our_words(theirs: object, ours: str | None) -> None:
    """Known reasons are translated, and unknown ones stay to be seen."""
    assert finish_reason(theirs) == ours
    assert finish_reason(stop_reason(ours)) == ours


def test_cached_tokens_are_input() -> None:
    """This wire counts cached input beside the rest: all of it filled the window."""
    usage = {"input_tokens": 5, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 300, "output_tokens": 7}
    reply = decode_reply(json.dumps({"content": [], "stop_reason": "end_turn", "usage": usage}).encode())
    assert reply.usage == Usage(input_tokens=325, output_tokens=7, cached_tokens=300)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"type":"error","error":{"type":"api_error"}}',
        b'{"stop_reason":"end_turn","error":"x"}',
        b'{"content":[]}',
    ],
)
def test_what_holds_no_answer_is_incomplete(body: bytes) -> None:
    """An error in a 200, a page, an empty object: never an answer."""
    reply = decode_reply(body)
    assert not reply.complete
    assert not reply.message.text


def test_reasoning_is_written_as_thinking() -> None:
    """A server that thinks aloud does so in this wire's form, before its words."""
    message = Message(role="assistant", content="Hi.", reasoning="Hm.")
    assert [block["type"] for block in reply_blocks(message)] == ["thinking", "text"]
