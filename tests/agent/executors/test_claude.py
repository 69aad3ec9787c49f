"""The dialect of claude: what its lines mean, as version 2.1.197 printed them."""

import json

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.executors.claude import Claude, ClaudeReader
from nexdiag.agent.executors.dialect import Call, Ran
from nexdiag.agent.progress import (
    Compacted,
    ReasoningDelta,
    Retrying,
    TextDelta,
    TextTakenBack,
    ToolBuilding,
    ToolStarted,
)
from nexdiag.core.message import Usage

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def read(reader: ClaudeReader, *lines: object) -> list[object]:
    return [told for line in lines for told in reader.read(json.dumps(line).encode())]


def delta(index: int = 0, **kind: str) -> dict[str, object]:
    return {"type": "stream_event", "event": {"type": "content_block_delta", "index": index, "delta": kind}}


def start(**usage: int) -> dict[str, object]:
    return {"type": "stream_event", "event": {"type": "message_start", "message": {"usage": usage}}}


def assistant(*blocks: dict[str, object], model: str = "m") -> dict[str, object]:
    return {"type": "assistant", "message": {"model": model, "content": list(blocks)}, "parent_tool_use_id": None}


TEXT = {"type": "text", "text": "Let me look."}
USE = {"type": "tool_use", "id": "toolu_0", "name": "Bash", "input": {"command": "echo hello"}}
TOOL_RESULT = {"type": "tool_result", "tool_use_id": "toolu_0", "content": "hello", "is_error": False}


def test_a_whole_turn() -> None:
    """Thoughts, text, a call with its run, a second text apart from the first, usage and the answer come through."""
    reader = ClaudeReader()
    build = {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "name": "Bash"}}
    told = read(
        reader,
        {"type": "system", "subtype": "init", "session_id": "s-1"},
        start(input_tokens=10, cache_read_input_tokens=3),
        delta(type="thinking_delta", thinking="hm"),
        delta(1, type="text_delta", text="Let me"),
        delta(1, type="text_delta", text=" look."),
        assistant(TEXT),
        {"type": "stream_event", "event": build},
        delta(2, type="input_json_delta", partial_json='{"command": 1}'),
        assistant(USE),
        {"type": "user", "message": {"role": "user", "content": [TOOL_RESULT]}},
        start(input_tokens=20),
        delta(type="text_delta", text="It said hello."),
        assistant({"type": "text", "text": "It said hello."}),
        {
            "type": "result",
            "subtype": "success",
            "is_error": False,
            "result": "It said hello.",
            "usage": {"input_tokens": 20, "cache_read_input_tokens": 6, "output_tokens": 14},
            "modelUsage": {"m": {"contextWindow": 200000}},
        },
    )
    arguments = '{"command":"echo hello"}'
    assert told == [
        ReasoningDelta(text="hm"),
        TextDelta(text="Let me"),
        TextDelta(text=" look."),
        ToolBuilding(index=2, name="Bash", characters=0),
        ToolBuilding(index=2, name="Bash", characters=14),
        ToolStarted(name="Bash", arguments=arguments, call_id="toolu_0"),
        Ran(call_id="toolu_0", name="Bash", arguments=arguments, output="hello"),
        TextDelta(text="It said hello."),
    ]
    assert (reader.session, reader.reply, reader.finished, reader.failure) == ("s-1", "It said hello.", True, None)
    assert reader.usage == Usage(input_tokens=26, output_tokens=14, cached_tokens=6)
    assert (reader.used, reader.window) == (20, 200000)


def test_without_partial_messages() -> None:
    """A CLI that does not stream tells whole texts, each once, apart from one another."""
    told = read(ClaudeReader(), assistant(TEXT), assistant(TEXT))
    assert told == [TextDelta(text="Let me look."), TextDelta(text="\n\nLet me look.")]


def test_errors_are_failures_and_no_answers() -> None:
    """An error that the CLI words as a message of the model is told as the failure, not as text."""
    reader = ClaudeReader()
    told = read(
        reader,
        assistant({"type": "text", "text": "Not logged in · Please run /login"}, model="<synthetic>"),
        {"type": "result", "subtype": "success", "is_error": True, "result": "Not logged in · Please run /login"},
    )
    assert told == []
    assert (reader.finished, reader.failure) == (False, "Not logged in · Please run /login")


def test_an_error_without_words() -> None:
    """A turn that was stopped says by what."""
    reader = ClaudeReader()
    read(reader, {"type": "result", "subtype": "error_max_turns", "is_error": False})
    assert reader.failure == "stopped (error_max_turns)"


def test_lost_session() -> None:
    """The words of a session that is gone are known."""
    reader = ClaudeReader()
    words = "No conversation found with session ID: 01a2"
    read(reader, {"type": "result", "subtype": "error_during_execution", "is_error": True, "errors": [words]})
    assert reader.failure == words
    assert Claude().lost(words)
    assert not Claude().lost("API Error: 500")


def test_retry_takes_the_text_back() -> None:
    """A retry of the CLI is told; what was streamed of the broken answer is taken back."""
    retry = {"type": "system", "subtype": "api_retry", "attempt": 1, "retry_delay_ms": 500, "error_status": 529}
    told = read(ClaudeReader(), start(), delta(type="text_delta", text="Le"), retry)
    assert told[1:] == [Retrying(attempt=2, delay=0.5, reason="529"), TextTakenBack()]


def test_compaction_is_told() -> None:
    """The CLI's own compaction is no secret."""
    line = {"type": "system", "subtype": "compact_boundary", "compact_metadata": {"trigger": "auto", "pre_tokens": 9}}
    assert read(ClaudeReader(), line) == [Compacted(before=9, after=0, how="summarised")]


def test_words_of_an_agent_within_are_no_answer() -> None:
    """What a sub-agent says is not told as the answer; the tools that it runs are told."""
    inner = assistant(TEXT, USE) | {"parent_tool_use_id": "toolu_9"}
    told = read(ClaudeReader(), inner, delta(type="text_delta", text="x") | {"parent_tool_use_id": "toolu_9"})
    assert [type(one) for one in told] == [ToolStarted]


@given(st.binary(max_size=60))
def test_any_bytes(line: bytes) -> None:
    """No line makes the reader fail."""
    ClaudeReader().read(line)


@given(
    st.sampled_from(["system", "stream_event", "assistant", "user", "result"]),
    st.sampled_from(["api_retry", "compact_boundary", "error", "success"]),
    JSON,
    JSON,
)
def test_any_shape(kind: str, subtype: str, first: object, second: object) -> None:
    """Known lines with parts of any type make no reader fail."""
    blocks = {
        "content": [
            first,
            {"type": "tool_use", "input": second, "id": first},
            {"type": "tool_result", "content": first},
        ]
    }
    event = {"type": "content_block_delta", "index": first, "delta": second}
    line = {"type": kind, "subtype": subtype, "message": blocks, "event": event, "result": first, "errors": second}
    line |= {
        "usage": first,
        "modelUsage": second,
        "attempt": first,
        "retry_delay_ms": second,
        "compact_metadata": first,
    }
    reader = ClaudeReader()
    read(reader, line, {"type": kind, "message": first, "event": second, "session_id": first})
    assert reader.usage.input_tokens >= 0


def test_command() -> None:
    """The flags of `claude --help`; a session that is resumed stands behind its flag."""
    command = Claude().command(
        "/bin/claude", Call(model="opus", session="s-1", arguments=("--permission-mode", "plan"))
    )
    assert command[:3] == ["/bin/claude", "-p", "--output-format"]
    assert command[-6:] == ["--model", "opus", "--resume", "s-1", "--permission-mode", "plan"]
