"""Event streams: the quick way and the other one."""

from itertools import product

import pytest
from answers import STOP, said, stream
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec import anthropic, chat, responses
from nexdiag.core.endpoint import Wire
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.lint.seen.answer import AnswerSeen
from nexdiag.lint.seen.fast import read_clean
from nexdiag.lint.seen.slow import read_odd
from nexdiag.lint.seen.stream import read_stream
from nexdiag.lint.seen.told import Told

CALLS = (ToolCall(id="a", name="f", arguments='{"x": 1}'), ToolCall(id="b", name="g", arguments='{"x": "ä"}'))
TEXT = "Hello wörld, how\n\ndata: are you"
REPLIES = [
    Reply(
        message=Message(role="assistant", content=text, tool_calls=calls, reasoning=thought),
        finish_reason=finish,
        usage=Usage(input_tokens=3, output_tokens=4),
        response_id="r",
        model="m",
    )
    for calls, text, thought, finish in product(
        ((), CALLS), (None, TEXT), (None, "hm"), ("stop", "tool_calls", "length")
    )
    if calls or text
]


def streamed(reply: Reply, wire: Wire) -> bytes:
    if wire == "chat":
        return b"".join(chat.encode_stream(reply, created=1, usage=True))
    return b"".join(
        responses.encode_stream(reply, created=1) if wire == "responses" else anthropic.encode_stream(reply)
    )


def facts(told: Told) -> tuple[object, ...]:
    calls = [(call.id, call.name, call.arguments) for call in told.calls]
    usage = told.usage and (told.usage.input, told.usage.output)
    return (told.shape, told.text, told.reasoning, calls, told.finish, usage, told.done, told.odd)


@pytest.mark.parametrize("wire", ["chat", "responses", "anthropic"])
@pytest.mark.parametrize("reply", REPLIES)
def test_both_ways_and_the_codec_agree(reply: Reply, wire: Wire) -> None:
    """What the quick way tells is what the slow way tells, and what a client keeps."""
    text = streamed(reply, wire)
    quick = read_clean(text)
    assert quick is not None
    assert facts(quick) == facts(read_odd(text)) == facts(read_stream(text))
    kept = AnswerSeen(text, wire).reply
    assert (quick.text, quick.reasoning, quick.finish) == (
        kept.message.text,
        kept.message.reasoning or "",
        kept.finish_reason,
    )
    assert [(call.id, call.arguments) for call in quick.calls] == [
        (call.id, call.arguments) for call in kept.message.tool_calls
    ]


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(text: bytes) -> None:
    """Reading never raises."""
    assert read_stream(text).streamed
    assert read_stream(b"data: " + text).streamed


@pytest.mark.parametrize("wire", ["chat", "responses", "anthropic"])
def test_a_stream_may_be_cut_at_every_byte(wire: Wire) -> None:
    """Then it has no end, or all of it was told before."""
    text = streamed(REPLIES[-1], wire)
    for end in range(len(text)):
        told = read_stream(text[:end])
        assert set(told.odd) <= {"not-json"}
        assert told.done or told.finish is None or wire != "responses"


def test_an_odd_stream_takes_the_slow_way() -> None:
    """Nothing is lost for it."""
    told = read_stream(stream("x", said("a"), STOP).encode())
    assert (told.text, list(told.odd)) == ("a", ["not-json"])
