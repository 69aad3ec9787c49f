"""Promises of nexdiag.codec.chat.stream: a streamed reply is put together whole, or is known to be broken off."""

import json
from typing import Any

import msgspec
import pytest
import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec import sse
from nexdiag.codec.chat.stream import Accumulator, Delta, StreamError, encode_stream
from nexdiag.core.message import Message, Reply, ToolCall, Usage


def fed(*chunks: object, event: str = "message") -> Accumulator:
    """Make an accumulator that took these chunks; a string is taken as the text of the event."""
    accumulator = Accumulator()
    for chunk in chunks:
        text = chunk if isinstance(chunk, str) else json.dumps(chunk)
        accumulator.feed(sse.Event(data=text, event=event))
    return accumulator


def chunk(finish_reason: str | None = None, /, **delta: object) -> dict[str, Any]:
    """One chunk with one choice."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}


def read(pieces: list[bytes]) -> Reply:
    """Read the reply of a stream in pieces."""
    parser, accumulator = sse.Parser(), Accumulator()
    for piece in pieces:
        for event in parser.feed(piece):
            accumulator.feed(event)
    for event in parser.close():
        accumulator.feed(event)
    assert accumulator.malformed == []
    return accumulator.finish()


@given(our.replies(), st.booleans(), st.booleans(), st.sampled_from(["reasoning", "reasoning_content"]), st.data())
def test_round_trip(reply: Reply, usage: bool, tool_index: bool, field: str, choice: st.DataObject) -> None:
    """Any reply, streamed and cut anywhere, reads back equal; usage too, where it was sent."""
    stream = b"".join(encode_stream(reply, created=1, usage=usage, tool_index=tool_index, reasoning_field=field))
    wanted = reply if usage else msgspec.structs.replace(reply, usage=Usage())
    assert read(choice.draw(our.pieces(stream))) == wanted


@given(our.replies(whole=True))
def test_a_finish_reason_is_end_enough(reply: Reply) -> None:
    """Servers that never send `[DONE]` give whole replies, if they say why they finished."""
    reply = msgspec.structs.replace(reply, finish_reason="stop")
    pieces = list(encode_stream(reply, created=1, usage=True, done=False))
    assert b"data: [DONE]\n\n" not in pieces
    assert read(pieces) == reply


@given(our.replies(whole=True))
def test_habits_change_no_meaning(reply: Reply) -> None:
    """A first delta without content, and usage beside the finish reason: the same reply is read."""
    pieces = list(encode_stream(reply, created=1, usage=True, null_start=True, usage_with_finish=True))
    assert read(pieces) == reply
    chunks = [json.loads(piece[6:]) for piece in pieces if piece != b"data: [DONE]\n\n"]
    assert chunks[0]["choices"][0]["delta"]["content"] is None
    (counted,) = [one for one in chunks if "usage" in one]
    assert (counted["choices"] == []) is (reply.finish_reason is None)


CALL = ToolCall(id="c1", name="get_day", arguments='{"in": "Zürich"}')
REPLY = Reply(
    message=Message(role="assistant", content="It is Sunday, I think.", tool_calls=(CALL,), reasoning="Hm, well."),
    finish_reason="tool_calls",
    usage=Usage(input_tokens=7, output_tokens=5),
    response_id="r1",
    model="m",
)


def test_stream_cut_at_every_byte() -> None:
    """A stream that breaks off at any byte before its finish chunk is incomplete, and never raises."""
    pieces = list(encode_stream(REPLY, created=1, usage=True))
    stream = b"".join(pieces)
    whole_from = sum(map(len, pieces[:-3])) + len(pieces[-3]) - 2  # the finish chunk, but for its two newlines
    for cut in range(len(stream) + 1):
        parser, accumulator = sse.Parser(), Accumulator()
        for event in parser.feed(stream[:cut]) + parser.close():
            accumulator.feed(event)
        assert accumulator.finish().complete is (cut >= whole_from), cut
    assert read([stream]) == REPLY


def test_stream_is_as_servers_send_it() -> None:
    """First the role, then words, the call and its arguments in pieces, the reason, usage without choice, `[DONE]`."""
    pieces = list(encode_stream(REPLY, created=1, usage=True))
    assert all(piece.startswith(b"data: ") and piece.endswith(b"\n\n") and piece.count(b"\n") == 2 for piece in pieces)
    assert pieces[-1] == b"data: [DONE]\n\n"
    chunks = [json.loads(piece[6:]) for piece in pieces[:-1]]
    assert all(one["object"] == "chat.completion.chunk" and one["id"] == "r1" and one["model"] == "m" for one in chunks)
    deltas = [one["choices"][0]["delta"] for one in chunks[:-1]]
    assert deltas[0] == {"role": "assistant", "content": None}
    words = [delta["content"] for delta in deltas if delta.get("content")]
    assert words == ["It", " is", " Sunday,", " I", " think."]
    calls = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    opening = {"name": "get_day", "arguments": ""}
    assert calls[0] == {"index": 0, "id": "c1", "type": "function", "function": opening}
    assert len(calls) > 3
    assert all(set(call) == {"index", "function"} and set(call["function"]) == {"arguments"} for call in calls[1:])
    assert chunks[-2]["choices"][0] == {"index": 0, "delta": {}, "finish_reason": "tool_calls"}
    assert (chunks[-1]["choices"], chunks[-1]["usage"]["prompt_tokens"]) == ([], 7)


def test_stream_without_index() -> None:
    """`tool_index=False` leaves the index out, as Gemini's gateway does."""
    assert b'"index":0,"id"' not in b"".join(encode_stream(REPLY, created=1, usage=False, tool_index=False))


def test_long_texts_come_in_a_few_deltas() -> None:
    """A stub's long answer does not become thousands of events."""
    reply = msgspec.structs.replace(REPLY, message=Message(role="assistant", content="word " * 10_000))
    assert len(list(encode_stream(reply, created=1, usage=False))) < 20


def test_deltas_are_told_as_they_come() -> None:
    """Each event gives what it added: reasoning, text, and pieces of tool calls with their place and name."""
    accumulator = Accumulator()
    call = [{"index": 5, "id": "c", "function": {"name": "f", "arguments": "{"}}]
    event = sse.Event(data=json.dumps(chunk(role="assistant", content="hi", reasoning="hm", tool_calls=call)))
    assert accumulator.feed(event) == [
        Delta(kind="reasoning", text="hm"),
        Delta(kind="text", text="hi"),
        Delta(kind="tool", text="{", index=0, name="f"),
    ]
    assert accumulator.feed(sse.Event(data=json.dumps(chunk("stop", content="")))) == []


@pytest.mark.parametrize(
    ("chunks", "complete"),
    [
        ([], False),
        (["[DONE]"], False),
        ([chunk(role="assistant"), "[DONE]"], False),
        ([chunk(reasoning="hm"), "[DONE]"], False),
        ([chunk(content="a")], False),
        ([chunk(content="a"), "[DONE]"], True),
        ([chunk(content="a"), " [DONE]\n"], True),
        ([chunk(tool_calls=[{"id": "a"}]), "[DONE]"], True),
        ([chunk("stop")], True),
        ([chunk("length", content="a")], True),
        ([chunk("error", content="a"), "[DONE]"], False),
        ([chunk("stop", content="a"), {"error": {"message": "late"}}, "[DONE]"], False),
        ([chunk("stop", content="a"), "not JSON"], True),
    ],
)
def test_complete_only_if_it_ended(chunks: list[Any], complete: bool) -> None:
    """A finish reason, or `[DONE]` after an answer, ends a reply; an error undoes it (reference fault L6)."""
    assert fed(*chunks).finish().complete is complete


def test_done_is_terminal() -> None:
    """What a server says after `[DONE]` does not count."""
    accumulator = fed(chunk(content="a"), "[DONE]", chunk("length", content="b"), {"error": "no"}, "garbage")
    assert accumulator.finish().message.content == "a"
    assert (accumulator.done, accumulator.error, accumulator.malformed) == (True, None, [])


def test_the_last_finish_reason_is_kept() -> None:
    """A later null does not undo a finish reason, a later one replaces it."""
    assert fed(chunk("stop"), chunk("tool_calls"), chunk()).finish().finish_reason == "tool_calls"


def test_usage_of_the_last_chunk_that_has_it() -> None:
    """Usage may come in every chunk, beside `choices` [] or without any, and null does not undo it."""
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 1}}
    wanted = Usage(input_tokens=3, output_tokens=1, reasoning_tokens=1)
    early = chunk(content="a") | {"usage": {"prompt_tokens": 1}}
    assert fed(early, {"choices": [], "usage": usage}, chunk() | {"usage": None}).finish().usage == wanted
    accumulator = fed(early, {"usage": usage})
    assert accumulator.finish().usage == wanted
    assert len(accumulator.malformed) == 1


@pytest.mark.parametrize(
    ("fields", "thought"),
    [
        ({"reasoning": "a"}, "a"),
        ({"reasoning_content": "a"}, "a"),
        ({"reasoning": "a", "reasoning_content": "a"}, "a"),
        ({"reasoning": None, "reasoning_content": "a"}, "a"),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}]}, "a"),
        ({"content": [{"type": "thinking", "thinking": "a"}]}, "a"),
        ({"reasoning": {"x": 1}}, None),
        ({"reasoning": {"text": "a"}}, "a"),
        ({"reasoning": {"content": "a"}}, "a"),
    ],
)
def test_reasoning_under_each_name(fields: dict[str, Any], thought: str | None) -> None:
    """Thinking is found under either name, once if both have it, and in Mistral's parts; no extra field.

    (reference fault L17)
    """
    message = fed(chunk(**fields), chunk("stop", content="x")).finish().message
    assert (message.reasoning, message.content, message.extra) == (thought, "x", {})


def test_content_in_parts() -> None:
    """Text parts of a delta are text."""
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": None}, "b", {"type": "text", "text": "c"}]
    assert fed(chunk(content=parts)).finish().message.content == "ac"


def test_only_the_first_choice_counts() -> None:
    """Of several choices those of index 0 are put together, and the others are left out."""
    both = {"choices": [{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": {"content": "a"}}]}
    other = {"choices": [{"index": 1, "delta": {"content": "b"}, "finish_reason": "stop"}]}
    reply = fed(both, other).finish()
    assert (reply.message.content, reply.finish_reason) == ("a", None)


def test_a_whole_message_in_a_chunk() -> None:
    """Gateways that do not stream put `message` where `delta` belongs: it is read."""
    value = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}]}
    assert fed(value).finish() == Reply(message=Message(role="assistant", content="a"), finish_reason="stop")


def test_extra_fields_grow() -> None:
    """Fields that are not ours are joined from their pieces; those that say nothing are dropped."""
    message = fed(
        chunk(prefix="I ", reasoning_details=[1], x={"a": 1}, y=1, z=None),
        chunk(prefix="can't", reasoning_details=[2], x={"b": 2}, y="2", z=[]),
    ).finish().message  # fmt: skip
    assert message.extra == {"prefix": "I can't", "reasoning_details": [1, 2], "x": {"a": 1, "b": 2}, "y": "2"}


def test_a_refusal_is_what_was_said() -> None:
    """Without any other word the refusal is the answer, and is told like one; beside text it is an extra field."""
    accumulator = Accumulator()
    events = [sse.Event(data=json.dumps(one)) for one in (chunk(refusal="I "), chunk(refusal="can't"), chunk("stop"))]
    assert [delta.text for event in events for delta in accumulator.feed(event)] == ["I ", "can't"]
    assert accumulator.finish().message == Message(role="assistant", content="I can't")
    beside = fed(chunk(content="a"), chunk("stop", refusal="b")).finish().message
    assert (beside.content, beside.extra) == ("a", {"refusal": "b"})


def test_the_old_function_call() -> None:
    """What came before `tool_calls`, one call without an id, is read as a call."""
    call = [chunk(function_call={"name": "f", "arguments": ""}), chunk(function_call={"arguments": "{}"})]
    reply = fed(*call, chunk("function_call")).finish()
    assert reply.message == Message(role="assistant", tool_calls=(ToolCall(id="", name="f", arguments="{}"),))
    assert reply.complete


def test_details_grow_by_their_index() -> None:
    """OpenRouter's reasoning comes in pieces that are numbered, goes back in whole ones, and can be read."""

    def detail(text: str, index: int, **more: object) -> dict[str, Any]:
        return {"type": "reasoning.text", "text": text, "index": index, **more}

    pieces = [detail("a", 0), detail("b", 0, signature=None), detail("", 0, signature="s"), detail("c", 1)]
    message = fed(*(chunk(reasoning_details=[piece]) for piece in pieces), chunk("stop", content="x")).finish().message
    assert message.extra == {"reasoning_details": [detail("ab", 0, signature="s"), detail("c", 1)]}
    assert message.reasoning == "abc"


def test_contradicting_calls_make_no_reply() -> None:
    """A stream whose calls contradict each other is not complete, whatever its finish reason says."""
    call = [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}]
    other = [{"index": 0, "function": {"name": "rm", "arguments": " "}}]
    accumulator = fed(chunk(tool_calls=call), chunk(tool_calls=other), chunk("tool_calls"), "[DONE]")
    assert accumulator.conflict == "a tool call changed its name from 'f' to 'rm'"
    assert not accumulator.finish().complete


@pytest.mark.parametrize(
    ("chunks", "late"),
    [
        ([chunk(content="a"), chunk("stop")], False),
        ([chunk("stop", content="a"), chunk("stop"), chunk(reasoning="b")], False),
        ([chunk("stop", content="a"), chunk(content="b")], True),
        ([chunk("stop"), chunk(tool_calls=[{"index": 0}])], True),
    ],
)
def test_what_comes_after_the_end_is_noted(chunks: list[Any], late: bool) -> None:
    """Text or calls behind a finish reason are kept, and the accumulator says that they came late."""
    assert fed(*chunks).late is late


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"error": {"message": "no", "code": 502, "type": "t"}}, StreamError(message="no", code="502", type="t")),
        ({"error": "no"}, StreamError(message="no")),
        ({"error": {"code": 5}}, StreamError(message='{"code":5}', code="5")),
        ({"error": ["no"]}, StreamError(message='["no"]')),
        ({"object": "error", "message": "no", "code": 400}, StreamError(message="no", code="400")),
        (chunk("error", content="") | {"error": {"message": "no"}}, StreamError(message="no")),
        ({"error": {"message": "a\ud800"}}, StreamError(message="a\ufffd")),
    ],
)  # fmt: skip
def test_errors_in_the_stream(value: object, error: StreamError) -> None:
    """An error under a 200 is kept in the server's words and makes the reply incomplete (reference fault L6)."""
    accumulator = fed(chunk(content="a"), value, "[DONE]")
    assert (accumulator.error, accumulator.malformed) == (error, [])
    reply = accumulator.finish()
    assert not reply.complete
    assert reply.message.content == "a"


@pytest.mark.parametrize(("text", "words"), [('{"detail": "no"}', "no"), ("no", "no"), ('"no"', "no")])
def test_error_events(text: str, words: str) -> None:
    """An event of the type `error` is an error, whatever its data are."""
    assert fed(text, event="error").error == StreamError(message=words)


def test_the_first_error_is_kept() -> None:
    """What follows an error is mostly its consequence."""
    assert fed({"error": "first"}, {"error": "second"}).error == StreamError(message="first")


@pytest.mark.parametrize("value", [None, {}, [], "", False])
def test_an_empty_error_is_none(value: object) -> None:
    """`error: null` and its like are no errors."""
    accumulator = fed(chunk("stop", content="a") | {"error": value})
    assert accumulator.error is None
    assert accumulator.finish().complete


@pytest.mark.parametrize(
    "text",
    [": OPENROUTER PROCESSING", "error: no", "", "null", "[]", "3", "{}", '{"choices": null}', '{"choices": {}}',
     '{"type": "ping"}', "[" * 100_000, "{" * 300],
)  # fmt: skip
def test_malformed_is_counted(text: str) -> None:
    """Data that is no chunk is kept, cut to 200 characters, and does not disturb the reply."""
    accumulator = fed(chunk(content="a"), text, chunk("stop", content="b"))
    assert accumulator.malformed == [text[:200]]
    assert accumulator.finish() == Reply(message=Message(role="assistant", content="ab"), finish_reason="stop")


def test_an_emoji_cut_in_two() -> None:
    """Half a character in one chunk and half in the next are one in the reply; each delta alone can be printed."""
    accumulator = Accumulator()
    halves = [json.dumps(chunk(content=text, reasoning=text, refusal=text)) for text in ("a\ud83d", "\ude00b")]
    deltas = [delta.text for text in halves for delta in accumulator.feed(sse.Event(data=text))]
    assert deltas == ["a\ufffd", "a\ufffd", "\ufffdb", "\ufffdb"]
    message = accumulator.finish().message
    assert (message.content, message.reasoning, message.extra) == ("a😀b", "a😀b", {"refusal": "a😀b"})


def test_choices_without_anything_to_say() -> None:
    """Azure's first chunk has no choice, and its filter's choices have no delta: both are let pass."""
    filtered = {"choices": [{"index": 0, "content_filter_results": {}, "finish_reason": None}]}
    accumulator = fed(
        {"choices": [], "prompt_filter_results": []}, filtered, {"choices": [None]}, chunk("stop", content="a")
    )
    assert accumulator.finish().message.content == "a"
    assert accumulator.malformed == []


@given(our.json_values, st.sampled_from(["message", "error"]))
def test_nothing_raises(value: object, event: str) -> None:
    """Any JSON in any place of a chunk is taken, and the reply can be streamed again."""
    delta = dict.fromkeys(("role", "content", "tool_calls", "reasoning", "x"), value)
    accumulator = fed(
        value,
        {"choices": value, "id": value, "model": value, "usage": value},
        {"choices": [{"delta": value, "finish_reason": value, "usage": value}], "x_groq": value},
        {"choices": [{"delta": delta}]},
        {"choices": [{"delta": {"content": [value, {"text": value, "thinking": value}]}}]},
        {"error": value, "choices": []},
        event=event,
    )
    reply = accumulator.finish()
    assert all(b"\n" not in piece[:-2] for piece in encode_stream(reply, created=1, usage=True))


@given(st.lists(st.text(), max_size=3))
def test_any_text_is_taken(texts: list[str]) -> None:
    """Any text of events is counted, or is part of the reply."""
    accumulator = fed(*texts)
    assert not accumulator.finish().complete or accumulator.done
