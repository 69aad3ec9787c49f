"""A reply in bytes, with the habits of each server."""

import json
from typing import Any

import msgspec
import pytest

from nexdiag.codec import sse
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Profile, StreamHabits, Wire
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.endpoint.stub.speaking import Manner, streamed, whole
from nexdiag.lint.profiles import SERVERS, UNKNOWN, named

REPLY = Reply(
    message=Message(
        role="assistant",
        content="Let me see.",
        reasoning="Which day?",
        tool_calls=(ToolCall(id="abcdefgh1", name="get_day", arguments='{"in":"Oslo"}'),),
    ),
    finish_reason="tool_calls",
    usage=Usage(input_tokens=7, output_tokens=5),
    response_id="stub-1",
    model="m",
)
WIRES: tuple[Wire, ...] = ("chat", "responses", "anthropic")


def manner(profile: Profile, wire: Wire = "chat", *, include_usage: bool = False) -> Manner:
    return Manner(wire=wire, profile=profile, created=1, include_usage=include_usage)


def events(habits: StreamHabits, *, include_usage: bool = False) -> list[Any]:
    """The data of a stream of chat completions; `[DONE]` as it stands."""
    pieces = streamed(REPLY, manner(Profile(name="x", title="X", stream=habits), include_usage=include_usage))
    parser = sse.Parser()
    found = parser.feed(b"".join(pieces)) + parser.close()
    return [event.data if event.data == "[DONE]" else json.loads(event.data) for event in found]


@pytest.mark.parametrize("profile", [*(server.profile for server in SERVERS), UNKNOWN], ids=lambda one: one.name)
@pytest.mark.parametrize("wire", WIRES)
def test_each_profile_is_understood(profile: Profile, wire: Wire) -> None:
    """Streamed or whole, what was said is what is read; the thinking too, where that server has a field for it."""
    how = manner(profile, wire, include_usage=True)
    assert b'"":' not in b"".join([*streamed(REPLY, how), whole(REPLY, how)])
    accumulator, parser = DIALECTS[wire].accumulator(), sse.Parser()
    for event in parser.feed(b"".join(streamed(REPLY, how))) + parser.close():
        accumulator.feed(event)
    for read in (accumulator.finish(), DIALECTS[wire].decode_reply(whole(REPLY, how))):
        assert (read.message.text, read.message.tool_calls) == (REPLY.message.text, REPLY.message.tool_calls)
        assert (read.finish_reason, read.complete) == ("tool_calls", True)
        tells = wire != "chat" or not profile.known or profile.stream.reasoning_field
        assert read.message.reasoning == ("Which day?" if tells else None)
    assert accumulator.malformed == []


@pytest.mark.parametrize(
    ("usage", "asked", "told"),
    [("asked", False, 0), ("asked", True, 1), ("always", False, 1), ("never", True, 0)],
)
def test_usage(usage: str, asked: bool, told: int) -> None:
    """Asked for, always, never; in a chunk of its own, or beside the finish reason."""
    own = [one for one in events(StreamHabits(usage=usage), include_usage=asked) if "usage" in one]
    assert [one["choices"] for one in own] == [[]] * told
    beside = events(StreamHabits(usage=usage, usage_with_finish=True), include_usage=asked)
    assert [one["choices"][0]["finish_reason"] for one in beside if "usage" in one] == ["tool_calls"] * told


def test_the_beginning_and_the_end() -> None:
    """The role with an empty text or none, what comes before it, and `[DONE]` or not."""
    assert events(StreamHabits())[-1] == "[DONE]"
    assert events(StreamHabits(done=False))[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert events(StreamHabits(opening={"choices": [], "x": 1}))[0] == {"choices": [], "x": 1}
    assert events(StreamHabits())[0]["choices"][0]["delta"]["role"] == "assistant"
    said = msgspec.structs.replace(REPLY, message=Message(role="assistant", content="Hi"))
    for habits, start in ((StreamHabits(), '"content":""'), (StreamHabits(null_start=True), '"content":null')):
        pieces = [*streamed(said, manner(Profile(name="x", title="X", stream=habits)))]
        assert start in pieces[0].decode()


@pytest.mark.parametrize("wire", WIRES)
def test_a_comment_comes_first(wire: Wire) -> None:
    """On each wire, as a comment that a reader of server-sent events passes over."""
    pieces = [*streamed(REPLY, manner(named("openrouter"), wire))]
    assert pieces[0] == b": OPENROUTER PROCESSING\n\n"


def test_tool_deltas_without_an_index() -> None:
    """As Gemini sends them."""
    deltas = [
        call
        for one in events(StreamHabits(tool_index=False))
        if one != "[DONE]"
        for call in one["choices"][0]["delta"].get("tool_calls", [])
    ]
    assert deltas
    assert not any("index" in call for call in deltas)
