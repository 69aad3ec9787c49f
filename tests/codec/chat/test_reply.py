"""Promises of nexdiag.codec.chat.reply: a reply in one body is read whatever its shape, and written as servers do."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import strategies as our
from hypothesis import given

from nexdiag.codec.chat.reply import decode_reply, encode_reply
from nexdiag.core.message import Message, Reply, ToolCall, Usage


def read(value: object) -> Reply:
    return decode_reply(json.dumps(value).encode())


def answer(**message: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}


@given(our.replies(whole=True))
def test_round_trip(reply: Reply) -> None:
    """A whole reply reads back equal, under either name of the reasoning field."""
    assert decode_reply(encode_reply(reply, created=1)) == reply
    assert decode_reply(encode_reply(reply, created=1, reasoning_field="reasoning")) == reply


def test_body_to_the_byte() -> None:
    """The body has the fields of a chat.completion, in the order in which servers send them."""
    reply = Reply(
        message=Message(role="assistant", content="Hé"),
        finish_reason="stop",
        usage=Usage(input_tokens=2, output_tokens=1),
    )
    assert json.loads(encode_reply(reply, created=5)) == {
        "id": "",
        "object": "chat.completion",
        "created": 5,
        "model": "",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Hé"}, "logprobs": None, "finish_reason": "stop"},
        ],
        "usage": {
            "prompt_tokens": 2,
            "completion_tokens": 1,
            "total_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


def test_arguments_as_an_object() -> None:
    """TGI sends arguments as an object and calls without id: the text is written anew, and the id left empty."""
    reply = read(answer(content=None, tool_calls=[{"function": {"name": "f", "arguments": {"a": 1}}}]))
    assert reply.message.tool_calls == (ToolCall(id="", name="f", arguments='{"a":1}'),)
    assert reply.complete


def test_only_the_first_choice_counts() -> None:
    """Of several choices the one with index 0 is the reply, wherever it stands."""
    value = {"choices": [{"index": 1, "message": {"content": "b"}}, {"index": 0, "message": {"content": "a"}}]}
    assert read(value).message.content == "a"


def test_fields_that_say_nothing_are_dropped() -> None:
    """Empty extra fields would go back in the next request, where strict servers refuse them; others are kept."""
    reply = read(answer(content="a", refusal=None, annotations=[], function_call=None, prefix=False, x=1))
    assert reply.message.extra == {"x": 1}


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_is_read_but_does_not_go_back(field: str) -> None:
    """Thinking under either name is kept apart from the fields that are sent again."""
    reply = read(answer(content="a", **{field: "hm"}))
    assert (reply.message.reasoning, reply.message.extra) == ("hm", {})


@pytest.mark.parametrize(
    "usage",
    [None, [], "many", {"prompt_tokens": None}, {"prompt_tokens": -1, "completion_tokens": "7"},
     {"prompt_tokens": True}, {"prompt_tokens": 10**30, "completion_tokens": 1.5}, {"prompt_tokens_details": 3},
     {"prompt_tokens_details": None}],
)  # fmt: skip
def test_absurd_usage_is_zero(usage: object) -> None:
    """Usage that is null, no object, negative, too large or no whole number counts as zero."""
    assert read(answer(content="a") | {"usage": usage}).usage == Usage()


@pytest.mark.parametrize(
    "place",
    [
        lambda usage: answer(content="a") | {"usage": usage},
        lambda usage: answer(content="a") | {"usage": None, "x_groq": {"usage": usage}},
        lambda usage: {"choices": [{"message": {"content": "a"}, "usage": usage}]},
    ],
)
def test_usage_is_found_in_its_places(place: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Usage counts at the top, in the choice (Moonshot) and in `x_groq`; whole floats are numbers."""
    usage = {"prompt_tokens": 5.0, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 3}}
    assert read(place(usage)).usage == Usage(input_tokens=5, output_tokens=2, cached_tokens=3)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>502</html>", b"null", b"[]", b'{"choices": []}', b'{"choices": null}', b'{"choices": [null, 3]}',
        b'{"choices": [{"index": 0}]}', b'{"choices": [{"message": null}]}', b'{"choices": [{"message": "hello"}]}',
        b'{"error": {"message": "overloaded"}}', b'{"choices": [{"message": {"role": "assistant", "content": ""}}]}',
        b'{"choices": [{"index": 1, "message": {"content": "a"}, "finish_reason": "stop"}]}',
    ],
)  # fmt: skip
def test_no_answer_is_incomplete(body: bytes) -> None:
    """What holds no answer is an incomplete, empty reply, and no exception."""
    assert decode_reply(body) == Reply(message=Message(role="assistant"), complete=False)


@pytest.mark.parametrize(
    "change",
    [{"error": {"message": "cut off"}}, {"choices": [{"message": {"content": "a"}, "finish_reason": "error"}]}],
)
def test_an_error_beside_text_is_incomplete(change: dict[str, Any]) -> None:
    """Text under an error, or with the finish reason `error`, is never taken for an answer."""
    reply = read(answer(content="a") | change)
    assert reply.message.content == "a"
    assert not reply.complete


@given(our.json_values)
def test_nothing_raises(value: object) -> None:
    """Any JSON in any place of a body is read."""
    for shape in (
        value,
        {"choices": value, "id": value, "model": value, "usage": value, "error": value, "x_groq": value},
        {"choices": [value]},
        {"choices": [{"message": value, "finish_reason": value, "usage": value}]},
        answer(role=value, content=value, tool_calls=value, reasoning=value, extra=value),
    ):
        decode_reply(encode_reply(read(shape), created=1))


def test_a_refusal_alone_is_what_was_said() -> None:
    """Without any other word it is the answer: an empty message would be refused when it goes back."""
    assert read(answer(content=None, refusal="No.")).message == Message(role="assistant", content="No.")


def test_details_are_read_where_no_other_field_speaks() -> None:
    """OpenRouter's details hold the thinking too; they stay as they came, for they go back."""
    details = [{"type": "reasoning.summary", "summary": "a"}, {"type": "reasoning.text", "text": "b"}, 3]
    message = read(answer(content="x", reasoning_details=details)).message
    assert (message.reasoning, message.extra) == ("ab", {"reasoning_details": details})
