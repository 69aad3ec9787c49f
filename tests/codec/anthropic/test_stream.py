"""Promises of nexdiag.codec.anthropic.stream: a streamed reply is put together whole, or known to be broken off."""

import json
from collections.abc import Iterable
from typing import Any

import strategies as our
from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.codec import sse
from nexdiag.codec.anthropic.stream import Accumulator, encode_stream
from nexdiag.codec.chat import Delta, StreamError
from nexdiag.core.message import Message, Reply, ToolCall, Usage


def read(pieces: Iterable[bytes]) -> Accumulator:
    """Take a stream in pieces."""
    parser, accumulator = sse.Parser(), Accumulator()
    for piece in pieces:
        for event in parser.feed(piece):
            accumulator.feed(event)
    for event in parser.close():
        accumulator.feed(event)
    return accumulator


def told(*values: dict[str, Any]) -> tuple[Accumulator, list[Delta]]:
    """Take these events, named as the server names them; give the deltas too."""
    accumulator, deltas = Accumulator(), []
    for value in values:
        deltas += accumulator.feed(sse.Event(event=value["type"], data=json.dumps(value)))
    return accumulator, deltas


def start(index: int, **block: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is anything
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, **value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is anything
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **value}}


BEGIN = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "claude", "content": [], "usage": {"input_tokens": 9, "output_tokens": 1}},
}
END = {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 40}}
STOP = {"type": "message_stop"}
THINKS = [
    BEGIN,
    {"type": "ping"},
    start(0, type="thinking", thinking="", signature=""),
    delta(0, "thinking_delta", thinking="What "),
    delta(0, "thinking_delta", thinking="day?"),
    delta(0, "signature_delta", signature="SEALED=="),
    {"type": "content_block_stop", "index": 0},
    start(1, type="redacted_thinking", data="HIDDEN=="),
    {"type": "content_block_stop", "index": 1},
    start(2, type="text", text=""),
    delta(2, "text_delta", text="I will "),
    delta(2, "text_delta", text="look."),
    start(3, type="tool_use", id="toolu_1", name="day", input={}),
    delta(3, "input_json_delta", partial_json=""),
    delta(3, "input_json_delta", partial_json='{"in": '),
    delta(3, "input_json_delta", partial_json='"Zürich"}'),
    END | {"usage": {"output_tokens": 40, "cache_read_input_tokens": 500}},
    STOP,
]
"""As Anthropic streams a model that thinks, says something, and calls."""


@settings(max_examples=40)
@given(our.anthropic_replies(), st.data())
def test_round_trip(reply: Reply, choice: st.DataObject) -> None:
    """Any reply, streamed and cut anywhere, reads back equal."""
    accumulator = read(choice.draw(our.pieces(b"".join(encode_stream(reply)))))
    assert accumulator.malformed == []
    assert accumulator.finish() == reply


def test_a_thinking_models_stream() -> None:
    """Each piece is told as it comes; what is sealed is kept in its place; counts are the last ones."""
    accumulator, deltas = told(*THINKS)
    reply = accumulator.finish()
    assert [(one.kind, one.text) for one in deltas] == [
        ("reasoning", "What "), ("reasoning", "day?"), ("text", "I will "), ("text", "look."),
        ("tool", ""), ("tool", '{"in": '), ("tool", '"Zürich"}'),
    ]  # fmt: skip
    assert {(one.index, one.name) for one in deltas if one.kind == "tool"} == {(0, "day")}
    assert reply.message.tool_calls == (ToolCall(id="toolu_1", name="day", arguments='{"in": "Zürich"}'),)
    assert (reply.message.text, reply.message.reasoning) == ("I will look.", "What day?")
    assert [block["type"] for block in reply.message.extra["anthropic"]] == [
        "thinking", "redacted_thinking", "text", "tool_use",
    ]  # fmt: skip
    assert reply.message.extra["anthropic"][0]["signature"] == "SEALED=="
    assert reply.usage == Usage(input_tokens=509, output_tokens=40, cached_tokens=500)
    assert (reply.finish_reason, reply.response_id, reply.model) == ("tool_calls", "msg_1", "claude")


def test_stream_cut_at_every_byte() -> None:
    """Cut before the event that says why it ended, a stream is no answer, and nothing sealed is kept of it."""
    pieces = [sse.encode(sse.Event(event=value["type"], data=json.dumps(value))) for value in THINKS]
    stream = b"".join(pieces)
    whole_from = len(stream) - len(pieces[-1]) - 2  # message_delta, but for its two newlines
    for cut in range(len(stream) + 1):
        reply = read([stream[:cut]]).finish()
        assert reply.complete is (cut >= whole_from), cut
        assert bool(reply.message.extra) is reply.complete


def test_message_stop_ends_at_once() -> None:
    """What follows the end counts no more, and nobody need wait for it."""
    accumulator, _ = told(*THINKS)
    assert accumulator.done
    assert accumulator.feed(sse.Event(data=json.dumps(delta(2, "text_delta", text="!")))) == []
    assert accumulator.finish().message.text == "I will look."


def test_an_error_inside_the_stream_is_the_end_of_it() -> None:
    """Overloaded in mid-stream: no answer, the server's words, and the status that it has outside a stream."""
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    accumulator, _ = told(*THINKS[:12], error, END, STOP)
    assert accumulator.error == StreamError(message="Overloaded", code="529", type="overloaded_error")
    assert not accumulator.finish().complete


def test_other_words_are_passed_over() -> None:
    """Pings and events to come say nothing; what is no event of this wire is told; `[DONE]` of a gateway is an end."""
    accumulator, deltas = told(BEGIN, {"type": "ping"}, {"type": "from_the_future"}, start(0, type="text", text="Hi"))
    assert (accumulator.malformed, [one.text for one in deltas]) == ([], ["Hi"])
    accumulator.feed(sse.Event(data='{"choices":[]}'))
    assert accumulator.malformed == ['{"choices":[]}']
    accumulator.feed(sse.Event(data=" [DONE]"))
    assert accumulator.done
    assert accumulator.finish().complete


def test_blocks_that_nobody_announced() -> None:
    """Deltas without a start, or without an index, still make a reply."""
    accumulator, deltas = told(
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hel"}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "lo"}},
        END,
    )
    assert "".join(one.text for one in deltas) == accumulator.finish().message.text == "Hello"


def test_citations_stay_with_their_text() -> None:
    """A sentence goes back with what it was taken from."""
    cited = {"type": "char_location", "cited_text": "x"}
    accumulator, _ = told(
        BEGIN,
        start(0, type="text", text=""),
        delta(0, "citations_delta", citation=cited),
        delta(0, "text_delta", text="So."),
        END,
    )
    assert accumulator.finish().message.extra["anthropic"] == [{"type": "text", "text": "So.", "citations": [cited]}]


def test_half_an_emoji_in_each_delta() -> None:
    """A character that the server cut in two is whole again (reference fault L18)."""
    first, second = "\U0001f600".encode("utf-16-le")[:2], "\U0001f600".encode("utf-16-le")[2:]
    halves = [piece.decode("utf-16-le", "surrogatepass") for piece in (first, second)]
    accumulator, deltas = told(BEGIN, *(delta(0, "text_delta", text=half) for half in halves), END)
    assert accumulator.finish().message.text == "\U0001f600"
    assert all(one.text.encode() for one in deltas)


def test_calls_without_and_with_broken_arguments() -> None:
    """No arguments are an empty object; broken ones stay as they came, never completed (reference faults L12, L13)."""
    accumulator, _ = told(
        BEGIN,
        start(0, type="tool_use", id="a", name="f", input={}),
        delta(0, "input_json_delta", partial_json=""),
        start(1, type="tool_use", id="b", name="g", input={}),
        delta(1, "input_json_delta", partial_json='{"x": "tru'),
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {}},
    )
    reply = accumulator.finish()
    assert [call.arguments for call in reply.message.tool_calls] == ["{}", '{"x": "tru']
    assert reply.finish_reason == "length"


def test_stream_is_as_anthropic_sends_it() -> None:
    """Named events; each block opened, grown and closed; the reason with the last count; then the end."""
    call = ToolCall(id="toolu_1", name="f", arguments='{"a": 1}')
    message = Message(role="assistant", content="Well, then.", tool_calls=(call,), reasoning="Hm.")
    pieces = list(encode_stream(Reply(message=message, finish_reason="tool_calls", usage=Usage(output_tokens=3))))
    parser = sse.Parser()
    events = [event for piece in pieces for event in parser.feed(piece)]
    assert all(json.loads(event.data)["type"] == event.event for event in events)
    kinds = [event.event for event in events if event.event != "content_block_delta"]
    block = ["content_block_start", "content_block_stop"]
    assert kinds == ["message_start", "ping", *block, *block, *block, "message_delta", "message_stop"]
    assert json.loads(events[-2].data)["delta"]["stop_reason"] == "tool_use"


def test_a_call_that_begins_again_is_a_conflict() -> None:
    """Who would run it, runs what nobody asked for; a block that has ended may leave its place to another."""
    begun = [start(0, type="tool_use", id=one, name=one) for one in "ab"]
    accumulator, _ = told(BEGIN, *begun, END, STOP)
    assert accumulator.conflict == "the tool call at 0 was begun again before it ended"
    assert not accumulator.finish().complete
    accumulator, _ = told(BEGIN, begun[0], {"type": "content_block_stop", "index": 0}, begun[1], END, STOP)
    assert accumulator.conflict is None
    assert [call.name for call in accumulator.finish().message.tool_calls] == ["a", "b"]
