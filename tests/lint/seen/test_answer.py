"""What came back."""

import json

import pytest
from answers import STOP, body, called, said, stream

from nexdiag.lint.seen.answer import AnswerSeen, EventSeen


def test_a_body() -> None:
    """Its value, and what it told."""
    value = body("Hi.", called(), finish="tool_calls", usage={"prompt_tokens": 1})
    for seen in (
        AnswerSeen(json.dumps(value).encode()),
        AnswerSeen(value=value),
        AnswerSeen(b"\xef\xbb\xbf " + json.dumps(value).encode()),
    ):
        assert (seen.known, seen.streamed, seen.events, seen.value) == (True, False, (), value)
        assert (seen.told.text, seen.finish_reason, seen.reasoning, seen.signed) == ("Hi.", "tool_calls", "", False)
        assert seen.usage is not None
        assert (seen.calls[0].name, seen.usage.input) == ("f", 1)
        assert seen.reply.message.text == "Hi."


def test_a_stream() -> None:
    """Its events to the letter, and what they told."""
    seen = AnswerSeen(stream(said("a"), "x", STOP).encode())
    assert (seen.known, seen.streamed, seen.value) == (True, True, None)
    assert [event.data for event in seen.events[1:]] == ["x", json.dumps(STOP), "[DONE]"]
    assert seen.events[1] == EventSeen(event="message", data="x")
    assert (seen.told.text, seen.finish_reason, seen.usage) == ("a", "stop", None)
    assert (seen.told.text, seen.reply.message.text) == ("a", "a")


@pytest.mark.parametrize("text", [b"", b"<html>", b"[1", b"{", b"null"])
def test_what_is_neither(text: bytes) -> None:
    """It told nothing."""
    seen = AnswerSeen(text)
    assert (seen.known, seen.streamed, seen.value, seen.told.shape) == (bool(text), False, None, "")


def test_what_cannot_be_written() -> None:
    """A value that is nested too deeply has no text."""
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert AnswerSeen(value=deep).text == b"null"


def test_what_may_be_signed() -> None:
    """Then the reply is read whole by those who want to know."""
    signed = called() | {"extra_content": {"google": {"thought_signature": "x"}}}
    assert AnswerSeen(value=body(None, signed)).signed


def test_a_plain_stream_is_not_read_again_for_a_client() -> None:
    """Its model, its fingerprint and its tokens are told as the reply would tell them."""
    chunk = b'data: {"model":"m-1","system_fingerprint":"f","choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
    usage = b'{"prompt_tokens":7,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":3}}'
    end = b'data: {"model":"m-1","choices":[],"usage":' + usage + b"}\n\ndata: [DONE]\n\n"
    answer = AnswerSeen(chunk + end)
    assert answer.plain
    assert (answer.model, answer.told.fingerprint, answer.counted) == ("m-1", "f", (7, 3))
    assert "reply" not in vars(answer)
    assert (answer.reply.model, answer.reply.usage.input_tokens, answer.reply.usage.cached_tokens) == ("m-1", 7, 3)


def test_any_other_answer_is_read_as_a_client_would() -> None:
    """A body, an odd stream, and counts under names of another wire."""
    body = AnswerSeen(value={"model": "m", "choices": [], "usage": {"prompt_tokens": 5}})
    assert (body.plain, body.model, body.counted) == (False, "m", (5, 0))
    odd = AnswerSeen(b'data: {"model":"m","choices":[],"usage":{"input_tokens":4}}\n\ndata: [DONE]\n\n')
    assert (odd.plain, odd.counted) == (False, (4, 0))
    assert (AnswerSeen().plain, AnswerSeen().counted) == (False, (0, 0))
