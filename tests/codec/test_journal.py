"""Promises of nexdiag.codec.journal: the reference's lines are read, ours are lines it reads, and nothing is lost."""

import json
from typing import Any

import pytest
import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec import journal
from nexdiag.core.message import Message, ToolCall, Usage
from nexdiag.core.turn import ToolRun

NOW = "2026-05-20T14:03:16.250Z"
SAMPLE = (
    b'{"seq":4,"timestamp":"2026-05-20T14:03:16Z","entry_type":"message","role":"assistant",'
    b'"content":[{"type":"text","text":"hello"}],"usage":{"input_tokens":0,"output_tokens":0},'
    b'"response_id":"chatcmpl-1","stop_reason":"end_turn"}'
)
numbers = st.integers(0, 2**53)
tokens = st.builds(journal.tokens, our.usages)
calls = st.lists(st.builds(ToolCall, id=our.texts, name=our.texts, arguments=our.arguments | our.texts), max_size=3)
any_message = st.builds(
    Message,
    role=st.sampled_from(["system", "developer", "user", "assistant", "tool"]) | our.texts,
    content=st.none() | our.texts | our.content_parts,
    tool_calls=calls.map(tuple),
    tool_call_id=st.none() | our.texts,
    is_error=st.booleans(),
    reasoning=st.none() | our.texts,
    extra=our.extras,
)
runs = st.builds(
    ToolRun,
    call_id=our.texts,
    name=our.texts,
    arguments=our.arguments | st.just("null"),
    output=our.texts,
    is_error=st.booleans(),
    duration=st.floats(0, 1e6),
    turn=st.none() | numbers,
)
entries = st.one_of(
    st.builds(journal.message_entry, any_message, seq=numbers, timestamp=our.texts),
    st.builds(journal.tool_entry, runs, seq=numbers, timestamp=our.texts),
    st.builds(
        journal.InitEntry,
        seq=numbers,
        timestamp=our.texts,
        model=our.texts,
        provider=our.texts,
        system_prompt=our.texts,
        tools=st.lists(st.dictionaries(our.names, our.json_values), max_size=2).map(tuple),
        task_id=st.none() | our.texts,
    ),
    st.builds(
        journal.CompactionEntry,
        seq=numbers,
        timestamp=our.texts,
        compacted_through_seq=numbers,
        summary=our.texts,
        original_message_count=numbers,
        original_token_count=numbers,
        model_used=st.none() | our.texts,
        fallback_reason=st.none() | our.texts,
    ),
    st.builds(
        journal.EndEntry,
        seq=numbers,
        timestamp=our.texts,
        reason=st.sampled_from([*journal.END_REASONS, {"error": {"message": "HTTP 500"}}]),
        total_usage=tokens,
        turns=numbers,
    ),
)


def read(line: str | bytes) -> journal.MessageEntry:
    """Decode a line that must be a message."""
    entry = journal.decode(line.encode() if isinstance(line, str) else line)
    assert isinstance(entry, journal.MessageEntry), entry
    return entry


def blocks_of(message: Message) -> list[dict[str, Any]]:
    """Give the blocks as they stand in the file."""
    line = journal.encode(journal.message_entry(message, seq=1, timestamp=NOW))
    blocks: list[dict[str, Any]] = json.loads(line)["content"]
    return blocks


def message_line(**fields: object) -> bytes:
    """Make the line of a message with these fields."""
    return json.dumps({"seq": 1, "timestamp": NOW, "entry_type": "message", **fields}).encode()


@given(any_message)
def test_messages_come_back_whole(message: Message) -> None:
    """Whatever a message holds, its line gives it back, raw arguments included."""
    line = journal.encode(journal.message_entry(message, seq=1, timestamp=NOW))
    assert b"\n" not in line
    assert journal.messages_of(read(line)) == [message]


@given(entries)
def test_entries_come_back_whole(entry: journal.Entry) -> None:
    """Encode and decode are inverse for every type of entry."""
    assert journal.decode(journal.encode(entry)) == entry


@given(st.binary() | st.builds(json.dumps, our.json_values).map(str.encode))
def test_any_line_is_an_entry_or_bad(line: bytes) -> None:
    """No line makes the reader raise, and a line that is none says why."""
    entry = journal.decode(line)
    assert isinstance(entry, journal.Bad)
    assert entry.raw == line
    assert entry.why


@given(entries, st.data())
def test_a_spoiled_line_is_data(entry: journal.Entry, data: st.DataObject) -> None:
    """A line with a value of the wrong type, or cut anywhere, never makes the reader raise."""
    fields = json.loads(journal.encode(entry))
    fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(our.json_values)
    line = json.dumps(fields).encode()
    for spoiled in (line, line[: data.draw(st.integers(0, len(line)))]):
        decoded = journal.decode(spoiled)
        if isinstance(decoded, journal.MessageEntry):
            journal.messages_of(decoded)


def test_a_line_of_the_reference_is_read_and_written_alike() -> None:
    """The reference's own line reads as its message, and is written again with the same keys in the same order."""
    entry = read(SAMPLE)
    assert journal.messages_of(entry) == [Message(role="assistant", content="hello")]
    assert (entry.seq, entry.stop_reason, entry.usage) == (4, "end_turn", journal.tokens(Usage()))
    assert journal.encode(entry) == SAMPLE


def test_our_keys_stand_only_where_they_are_needed() -> None:
    """A plain conversation holds nothing but the reference's keys."""
    call = ToolCall(id="c1", name="bash", arguments='{"command":"ls"}')
    for message in (
        Message(role="user", content="hi"),
        Message(role="assistant", content="so", reasoning="hm", tool_calls=(call,)),
        Message(role="tool", content="a.txt", tool_call_id="c1"),
        Message(role="tool", content="no", tool_call_id="c1", is_error=True),
    ):
        line = json.loads(journal.encode(journal.message_entry(message, seq=1, timestamp=NOW)))
        assert set(line) == {"seq", "timestamp", "entry_type", "role", "content"}
        assert not any("arguments" in block for block in line["content"])


@pytest.mark.parametrize(
    ("arguments", "value", "kept"),
    [
        ('{"a":1}', {"a": 1}, False),
        ('{"a": 1}', {"a": 1}, True),
        ('{"a":1,"a":2}', {"a": 2}, True),
        ("[1]", [1], False),
        ("", {}, True),
        ('{"a": tru', {"__raw_arguments": '{"a": tru'}, False),
        ('{"__raw_arguments":"x"}', {"__raw_arguments": "x"}, True),
        ('{"a":"\\ud83d"}', {"a": "\ufffd"}, True),
        ("[" * 5000 + "]" * 5000, {"__raw_arguments": "[" * 5000 + "]" * 5000}, False),
        ("[" * 120 + "]" * 120, {"__raw_arguments": "[" * 120 + "]" * 120}, False),
    ],
)
def test_arguments_keep_their_raw_text(arguments: str, value: object, kept: bool) -> None:
    """The reference sees a value it can read; the raw text stands beside it only where the value would change it."""
    message = Message(role="assistant", tool_calls=(ToolCall(id="c", name="t", arguments=arguments),))
    (block,) = blocks_of(message)
    assert block["input"] == value
    assert ("arguments" in block) is kept
    entry = read(journal.encode(journal.message_entry(message, seq=1, timestamp=NOW)))
    assert journal.messages_of(entry) == [message]


def test_arguments_of_the_reference_that_were_no_json_come_back_raw() -> None:
    """The reference's mark for arguments that it could not parse gives the text that the model sent."""
    value = {"__parse_error": "expected value", "__raw_arguments": "{oops"}
    content = [{"type": "tool_use", "id": "c", "name": "t", "input": value}]
    (message,) = journal.messages_of(read(message_line(role="assistant", content=content)))
    assert message.tool_calls[0].arguments == "{oops"


def test_results_come_before_what_was_said_with_them() -> None:
    """A user message of the reference with text and results becomes tool messages first, then the user's."""
    content = [
        {"type": "text", "text": "and"},
        {"type": "tool_result", "tool_use_id": "c1", "content": "one"},
        {"type": "tool_result", "tool_use_id": "c2", "content": "two", "is_error": True},
        {"type": "text", "text": "so?"},
    ]
    assert journal.messages_of(read(message_line(role="user", content=content))) == [
        Message(role="tool", content="one", tool_call_id="c1"),
        Message(role="tool", content="two", tool_call_id="c2", is_error=True),
        Message(role="user", content="and\nso?"),
    ]


def test_reasoning_details_go_back_as_they_came() -> None:
    """The reference's reasoning details are kept as a field of the message."""
    content = [{"type": "thinking", "thinking": "hm", "reasoning_details": [{"type": "x"}]}]
    (message,) = journal.messages_of(read(message_line(role="assistant", content=content)))
    assert (message.reasoning, message.extra) == ("hm", {"reasoning_details": [{"type": "x"}]})
    assert blocks_of(message) == content


def test_what_a_server_signed_on_a_call_goes_back() -> None:
    """Gemini's thought signature stands on the call's own block, where a resumed session finds it."""
    extra = {"extra_content": {"google": {"thought_signature": "s"}}}
    call = ToolCall(id="a", name="f", arguments="{}", extra=extra)
    entry = journal.message_entry(Message(role="assistant", tool_calls=(call,)), seq=1, timestamp="t")
    assert entry.nexdiag is None
    line = journal.encode(entry)
    assert json.loads(line)["content"][0]["extra"] == extra
    read = journal.decode(line)
    assert isinstance(read, journal.MessageEntry)
    assert journal.messages_of(read)[0].tool_calls == (call,)
    spoiled = journal.decode(line.replace(json.dumps(extra, separators=(",", ":")).encode(), b"7"))
    assert isinstance(spoiled, journal.MessageEntry)
    assert journal.messages_of(spoiled)[0].tool_calls[0].extra == {}


def test_a_message_outlives_what_is_wrong_beside_it() -> None:
    """A message with an odd count, or a block of an unknown type, is read without it; the block is written again."""
    odd = {"type": "image", "source": 1}
    line = message_line(
        role="user",
        content=[odd, {"type": "text", "text": "hi"}],
        usage={"input_tokens": None},
        request_id="r1",
        turn="x",
    )
    entry = read(line)
    assert journal.messages_of(entry) == [Message(role="user", content="hi")]
    assert (entry.request_id, entry.turn, entry.usage) == ("r1", None, None)
    assert json.loads(journal.encode(entry))["content"][0] == odd


def test_half_an_emoji_does_not_spoil_the_line() -> None:
    """A lone surrogate, from a server that cut an emoji in two, is written as U+FFFD: every reader takes the line."""
    line = journal.encode(journal.message_entry(Message(role="user", content="a\ud83d"), seq=1, timestamp=NOW))
    assert journal.messages_of(read(line))[0].content == "a\ufffd"


def test_too_deep_a_field_is_left_out() -> None:
    """A field of the wire that is nested beyond what readers take costs that field, not the message."""
    deep: list[Any] = []
    for _ in range(500):
        deep = [deep]
    message = Message(role="user", content="hi", extra={"x": deep})
    line = journal.encode(journal.message_entry(message, seq=1, timestamp=NOW))
    assert journal.messages_of(read(line)) == [Message(role="user", content="hi")]


def test_a_tool_run_is_written_under_the_reference_s_names() -> None:
    """Seconds become milliseconds, and arguments become the input."""
    run = ToolRun(
        call_id="c1", name="bash", arguments='{"command":"ls"}', output="a", is_error=True, duration=0.25, turn=3
    )
    assert json.loads(journal.encode(journal.tool_entry(run, seq=7, timestamp=NOW))) == {
        "seq": 7,
        "timestamp": NOW,
        "entry_type": "tool_execution",
        "turn": 3,
        "tool_use_id": "c1",
        "name": "bash",
        "input": {"command": "ls"},
        "output": "a",
        "is_error": True,
        "duration_ms": 250,
    }
    nothing = journal.tool_entry(ToolRun(call_id="c1", name="t", arguments="null", output=""), seq=1, timestamp=NOW)
    assert journal.decode(journal.encode(nothing)) == nothing


@given(st.floats(0, 4e9))
def test_times_come_back_to_the_millisecond(moment: float) -> None:
    """A timestamp is UTC with milliseconds and Z, and reads back as the same time."""
    text = journal.timestamp(moment)
    assert text.endswith("Z")
    assert len(text) == len(NOW)
    assert journal.seconds(text) == pytest.approx(moment, abs=0.0011)


@pytest.mark.parametrize(
    ("text", "moment"),
    [("1970-01-01T00:00:01Z", 1.0), ("1970-01-01T01:00:01.5+01:00", 1.5), ("1970-01-01T00:00:01", 1.0), ("soon", None)],
)
def test_other_forms_of_time_are_read(text: str, moment: float | None) -> None:
    """Whole seconds, other zones and none are read; what is no time is None."""
    assert journal.seconds(text) == moment
