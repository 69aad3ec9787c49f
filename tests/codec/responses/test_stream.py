"""Promises of nexdiag.codec.responses.stream: a streamed reply is put together whole, or known to be broken off."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
import strategies as our
from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.codec import sse
from nexdiag.codec.chat import Delta, StreamError
from nexdiag.codec.responses.stream import Accumulator, encode_stream
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


def event(kind: str, **value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is anything
    return {"type": f"response.{kind}", **value}


REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "SEALED=="}
SAID = {
    "type": "message",
    "id": "msg_1",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "I will look.", "annotations": []}],
}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "day", "arguments": '{"in": "Zürich"}'}
COMPLETED = event(
    "completed",
    response={
        "id": "resp_1",
        "model": "gpt",
        "status": "completed",
        "output": [REASONING, SAID, CALL],
        "usage": {"input_tokens": 9, "output_tokens": 40, "output_tokens_details": {"reasoning_tokens": 30}},
    },
)
THINKS = [
    event("created", response={"id": "resp_1", "model": "gpt", "status": "in_progress", "output": []}),
    event("in_progress", response={"id": "resp_1"}),
    event("output_item.added", output_index=0, item={"type": "reasoning", "id": "rs_1", "summary": []}),
    event("reasoning_summary_part.added", output_index=0, item_id="rs_1", summary_index=0),
    event("reasoning_summary_text.delta", output_index=0, item_id="rs_1", summary_index=0, delta="What day?"),
    event("output_item.done", output_index=0, item=REASONING),
    event("output_item.added", output_index=1, item={**SAID, "content": [], "status": "in_progress"}),
    event("content_part.added", output_index=1, item_id="msg_1", part={"type": "output_text", "text": ""}),
    event("output_text.delta", output_index=1, item_id="msg_1", delta="I will "),
    event("output_text.delta", output_index=1, item_id="msg_1", delta="look."),
    event("output_text.done", output_index=1, item_id="msg_1", text="I will look."),
    event("output_item.done", output_index=1, item=SAID),
    event("output_item.added", output_index=2, item={**CALL, "arguments": ""}),
    event("function_call_arguments.delta", output_index=2, item_id="fc_1", delta='{"in": '),
    event("function_call_arguments.delta", output_index=2, item_id="fc_1", delta='"Zürich"}'),
    event("function_call_arguments.done", output_index=2, item_id="fc_1", arguments=CALL["arguments"]),
    event("output_item.done", output_index=2, item=CALL),
    COMPLETED,
]
"""As OpenAI streams a model that thinks, says something, and calls."""


@settings(max_examples=40)
@given(our.responses_replies(), st.data())
def test_round_trip(reply: Reply, choice: st.DataObject) -> None:
    """Any reply, streamed and cut anywhere, reads back equal."""
    accumulator = read(choice.draw(our.pieces(b"".join(encode_stream(reply, created=1)))))
    assert accumulator.malformed == []
    assert accumulator.finish() == reply


def test_a_thinking_models_stream() -> None:
    """Each piece is told once, as it comes; what is sealed is kept in its place."""
    accumulator, deltas = told(*THINKS)
    reply = accumulator.finish()
    assert [(one.kind, one.text) for one in deltas] == [
        ("reasoning", "What day?"), ("text", "I will "), ("text", "look."),
        ("tool", ""), ("tool", '{"in": '), ("tool", '"Zürich"}'),
    ]  # fmt: skip
    assert {(one.index, one.name) for one in deltas if one.kind == "tool"} == {(0, "day")}
    assert reply.message.tool_calls == (ToolCall(id="call_1", name="day", arguments='{"in": "Zürich"}'),)
    assert reply.message.extra["responses"] == [REASONING, SAID, CALL]
    assert reply.usage == Usage(input_tokens=9, output_tokens=40, reasoning_tokens=30)
    assert (reply.finish_reason, reply.response_id, reply.model) == ("tool_calls", "resp_1", "gpt")
    assert accumulator.done


def test_stream_cut_at_every_byte() -> None:
    """Cut anywhere before the event that tells the response whole, a stream is no answer; no item of it goes back."""
    pieces = [sse.encode(sse.Event(event=value["type"], data=json.dumps(value))) for value in THINKS]
    stream = b"".join(pieces)
    for cut in range(len(stream) + 1):
        reply = read([stream[:cut]]).finish()
        assert reply.complete is (cut >= len(stream) - 2), cut
        assert bool(reply.message.extra) is reply.complete
    assert read([stream[: -len(pieces[-1])]]).finish().message.text == "I will look."


def test_a_whole_response_that_says_nothing_of_its_items() -> None:
    """Where the last event holds no output, or the last token in place of the text (vLLM), what came before counts."""
    torn = {**SAID, "content": [{"type": "output_text", "text": "."}]}
    for output in ([], [torn], [REASONING, torn, CALL]):
        bare = event("completed", response={"status": "completed", "output": output})
        accumulator, _ = told(*THINKS[:-1], bare)
        assert accumulator.finish().message.extra["responses"] == [REASONING, SAID, CALL]
        accumulator, _ = told(*(one for one in THINKS[:-1] if one["type"] != "response.output_item.done"), bare)
        assert accumulator.finish().message.text == "I will look."
        assert accumulator.finish().message.tool_calls[0].arguments == CALL["arguments"]


def test_a_delta_that_came_twice_is_mended_by_two_that_agree() -> None:
    """Where the event behind the deltas and the item whole agree on less than the deltas came to, they count."""
    place = {"item_id": "msg_1", "output_index": 0}
    said = [event("output_text.delta", **place, delta=piece) for piece in ("I will", " look", " look", ".")]
    ended = [
        event("output_text.done", **place, text="I will look."),
        event("output_item.done", output_index=0, item=SAID),
        event("completed", response={"status": "completed", "output": []}),
    ]
    begun = event("output_item.added", output_index=0, item=SAID | {"content": []})
    accumulator, _ = told(begun, *said, *ended)
    assert accumulator.finish().message.text == "I will look."
    accumulator, _ = told(begun, *said, *ended[1:])  # one alone may be wrong (vLLM)
    assert accumulator.finish().message.text == "I will look look."


@pytest.mark.parametrize(("numbers", "text"), [((3, 4, 4, 5), "a.b"), ((0, 0, 0, 0), "a..b"), ((3, 4, 5, 6), "a..b")])
def test_an_event_that_came_twice_counts_once(numbers: tuple[int, ...], text: str) -> None:
    """If it has the number of the one before it; equal words that have numbers of their own were said twice."""
    pieces = zip(numbers, ("a", ".", ".", "b"), strict=True)
    said = [event("output_text.delta", output_index=0, delta=piece, sequence_number=number) for number, piece in pieces]
    accumulator, deltas = told(*said, event("completed", response={"status": "completed", "output": []}))
    assert accumulator.finish().message.text == "".join(delta.text for delta in deltas) == text


def test_parts_that_are_told_at_their_end_alone() -> None:
    """Some gateways send the text, or the arguments, only in the event that should repeat them."""
    values = [one for one in THINKS if not one["type"].endswith((".delta", "output_item.done", "completed"))]
    accumulator, deltas = told(*values, event("completed", response={"status": "completed", "output": []}))
    assert [one.text for one in deltas if one.kind == "text"] == ["I will look."]
    assert accumulator.finish().message.tool_calls[0].arguments == CALL["arguments"]


def test_items_without_deltas_are_told() -> None:
    """A server that streams whole items, or the whole response alone, still has its words shown, once."""
    for values in (
        [event("output_item.done", output_index=0, item=SAID), event("output_item.done", output_index=1, item=CALL)],
        [COMPLETED],
        [event("output_item.done", item=SAID), COMPLETED],
        [event("output_item.done", item=SAID), event("output_item.done", item=SAID), COMPLETED],
    ):
        accumulator, deltas = told(*values)
        assert "".join(one.text for one in deltas if one.kind == "text") == "I will look."
        assert accumulator.finish().message.text == "I will look."


def test_items_without_places_are_told_apart_by_their_ids() -> None:
    """llama.cpp tells no output_index."""
    values = [{key: value for key, value in one.items() if key != "output_index"} for one in THINKS]
    accumulator, deltas = told(*values)
    again, same = told(*THINKS)
    assert deltas == same
    assert accumulator.finish() == again.finish()


def test_a_response_that_was_cut_says_why() -> None:
    """Out of tokens is an end, and an answer as far as it goes."""
    cut = event(
        "incomplete",
        response={"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": [SAID]},
    )
    reply = told(*THINKS[:10], cut)[0].finish()
    assert (reply.finish_reason, reply.complete, reply.message.text) == ("length", True, "I will look.")


def test_the_name_of_the_last_event_tells_how_it_ended() -> None:
    """Where the response itself has no status."""
    for kind, reason in (("completed", "tool_calls"), ("incomplete", "length")):
        reply = told(*THINKS[:-1], event(kind, response={"id": "resp_1"}))[0].finish()
        assert (reply.finish_reason, reply.complete) == (reason, True)
    assert not told(*THINKS[:-1], event("cancelled", response={}))[0].finish().complete


def test_failures_are_told() -> None:
    """A response that failed, or an error in its place: no answer, and the server's words with its code."""
    failure = {"code": "server_error", "message": "Oops"}
    accumulator, _ = told(*THINKS[:10], event("failed", response={"status": "failed", "error": failure}))
    assert accumulator.error == StreamError(message="Oops", code="server_error")
    assert not accumulator.finish().complete
    for error in ({"type": "error", "code": "429", "message": "Slow down"}, {"type": "error", "error": "Slow down"}):
        accumulator, _ = told(*THINKS[:10], error, COMPLETED)
        assert accumulator.error is not None
        assert accumulator.error.message == "Slow down"
        assert not accumulator.finish().complete
    accumulator, _ = told(event("failed", response={}))
    assert accumulator.error == StreamError(message="the response failed")


def test_other_words_are_passed_over() -> None:
    """Events to come say nothing; what is no event of this wire is told; `[DONE]` of a gateway is an end."""
    accumulator, _ = told(*THINKS[:12], event("from_the_future", x=1))
    assert accumulator.malformed == []
    accumulator.feed(sse.Event(data='{"choices":[]}'))
    assert accumulator.malformed == ['{"choices":[]}']
    assert not accumulator.finish().complete
    accumulator.feed(sse.Event(data=" [DONE]"))
    assert accumulator.done
    assert accumulator.finish().complete


def test_half_an_emoji_in_each_delta() -> None:
    """A character that the server cut in two is whole again (reference fault L18)."""
    raw = "\U0001f600".encode("utf-16-le")
    halves = [raw[:2].decode("utf-16-le", "surrogatepass"), raw[2:].decode("utf-16-le", "surrogatepass")]
    accumulator, deltas = told(*(event("output_text.delta", item_id="x", delta=half) for half in halves))
    assert accumulator.finish().message.text == "\U0001f600"
    assert all(one.text.encode() for one in deltas)


def test_stream_is_as_openai_sends_it() -> None:
    """Named and numbered events; each item announced, grown and told whole; the response whole at the end."""
    call = ToolCall(id="call_1", name="f", arguments='{"a": 1}')
    message = Message(role="assistant", content="Well, then.", tool_calls=(call,), reasoning="Hm.")
    pieces = encode_stream(Reply(message=message, finish_reason="tool_calls", response_id="r"), created=1)
    parser = sse.Parser()
    events = [json.loads(one.data) for piece in pieces for one in parser.feed(piece)]
    assert [one["sequence_number"] for one in events] == list(range(len(events)))
    kinds = [one["type"].removeprefix("response.") for one in events if not one["type"].endswith("delta")]
    assert kinds == ["created", "in_progress", *["output_item.added", "output_item.done"] * 3, "completed"]
    ids = [item["id"] for item in events[-1]["response"]["output"]]
    assert len(set(ids)) == len(ids) == 3


def test_a_call_that_changes_its_name_is_a_conflict() -> None:
    """Who would run it, runs what nobody asked for."""
    added = event("output_item.added", output_index=0, item={**CALL, "name": "other", "arguments": ""})
    accumulator, _ = told(added, event("output_item.done", output_index=0, item=CALL), COMPLETED)
    assert accumulator.conflict == "a tool call changed its name from 'other' to 'day'"
    assert not accumulator.finish().complete
