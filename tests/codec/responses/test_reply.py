"""Promises of nexdiag.codec.responses.reply: a whole answer is read as it was meant, and written to be read."""

import json
from typing import Any

import pytest
import strategies as our
from hypothesis import given, settings

from nexdiag.codec.responses.reply import decode_reply, encode_reply
from nexdiag.core.message import Reply, Usage

SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]}
CALL = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}


def decoded(**value: Any) -> Reply:  # noqa: ANN401 - JSON is anything
    return decode_reply(json.dumps(value).encode())


@settings(max_examples=40)
@given(our.responses_replies(whole=True))
def test_round_trip(reply: Reply) -> None:
    """Any complete reply reads back equal, ids, sealed items and all."""
    assert decode_reply(encode_reply(reply, created=1)) == reply


@settings(max_examples=40)
@given(our.replies(whole=True))
def test_words_of_another_wire_round_trip(reply: Reply) -> None:
    """What another wire brought is said again; once it has this wire's ids, it is the same for good."""
    read = decode_reply(encode_reply(reply, created=1))
    assert (read.message.content, read.message.reasoning) == (reply.message.content, reply.message.reasoning)
    wanted = [(call.name, call.arguments) for call in reply.message.tool_calls]
    assert [(call.name, call.arguments) for call in read.message.tool_calls] == wanted
    assert read.usage == reply.usage
    assert decode_reply(encode_reply(read, created=1)) == read


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"status": "completed", "output": [SAID]}, "stop"),
        ({"status": "completed", "output": [SAID, CALL]}, "tool_calls"),
        ({"status": "incomplete", "output": [SAID], "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "output": [], "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ({"status": "incomplete", "output": [CALL], "incomplete_details": None}, "length"),
        ({"output": [SAID]}, None),
    ],
)
def test_why_a_reply_ended(value: dict[str, Any], reason: str | None) -> None:
    """The status, and whether there are calls, in our words."""
    reply = decoded(**value)
    assert (reply.finish_reason, reply.complete) == (reason, True)


@pytest.mark.parametrize("status", ["failed", "cancelled", "in_progress", "queued"])
def test_what_has_not_ended_well_is_incomplete(status: str) -> None:
    """Whatever it holds, it is no answer."""
    assert not decoded(status=status, output=[SAID]).complete


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"error":{"message":"x"}}', b'{"output":[],"status":5}'])
def test_what_holds_no_answer_is_incomplete(body: bytes) -> None:
    """An error in a 200, a page, an empty object: never an answer."""
    reply = decode_reply(body)
    assert not reply.complete
    assert not reply.message.text


def test_tokens_are_counted() -> None:
    """Cached and reasoning tokens are in the details."""
    usage = {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 8,
        "output_tokens_details": {"reasoning_tokens": 5},
    }
    wanted = Usage(input_tokens=9, cached_tokens=4, output_tokens=8, reasoning_tokens=5)
    assert decoded(status="completed", output=[SAID], usage=usage).usage == wanted
