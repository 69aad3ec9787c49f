"""The dialect of codex: what its lines mean, as version 0.169 printed them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.executors.codex import Codex, CodexReader
from nexdiag.agent.executors.dialect import Call, Ran
from nexdiag.agent.progress import ReasoningDelta, Repaired, Retrying, TextDelta, ToolStarted
from nexdiag.core.message import Usage

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
COMMAND = "/bin/bash -lc 'echo hello; exit 3'"


def read(reader: CodexReader, *lines: object) -> list[object]:
    return [told for line in lines for told in reader.read(json.dumps(line).encode())]


def item(kind: str, *, moment: str = "completed", **rest: object) -> dict[str, object]:
    return {"type": f"item.{moment}", "item": {"id": "item_1", "type": kind, **rest}}


def completed(**usage: int) -> dict[str, object]:
    return {"type": "turn.completed", "usage": usage}


def test_a_whole_turn() -> None:
    """The session, thoughts, text, a command with its output, usage and the answer come through."""
    reader = CodexReader(Usage())
    told = read(
        reader,
        {"type": "thread.started", "thread_id": "01a2"},
        {"type": "turn.started"},
        item("reasoning", text="I think so"),
        item("agent_message", text="Let me look."),
        item("command_execution", moment="started", command=COMMAND, aggregated_output="", exit_code=None),
        item("command_execution", command=COMMAND, aggregated_output="hello\n", exit_code=3, status="failed"),
        item("agent_message", text="It said hello."),
        completed(input_tokens=20, cached_input_tokens=8, output_tokens=10, reasoning_output_tokens=2),
    )
    arguments = json.dumps({"command": COMMAND}, separators=(",", ":"))
    assert told == [
        ReasoningDelta(text="I think so"),
        TextDelta(text="Let me look."),
        ToolStarted(name="command_execution", arguments=arguments, call_id="item_1"),
        Ran(call_id="item_1", name="command_execution", arguments=arguments, output="hello\n", is_error=True),
        TextDelta(text="It said hello."),
    ]
    assert (reader.session, reader.reply, reader.finished, reader.failure) == ("01a2", "It said hello.", True, None)
    assert reader.usage == Usage(input_tokens=20, output_tokens=10, cached_tokens=8, reasoning_tokens=2)
    assert reader.used == 20


def test_usage_is_the_turns_own() -> None:
    """Codex counts the whole session: a turn's usage is what it added."""
    reader = CodexReader(Usage(input_tokens=27682, output_tokens=3))
    read(reader, completed(input_tokens=55411, output_tokens=6))
    assert reader.usage == Usage(input_tokens=27729, output_tokens=3)
    assert reader.total == Usage(input_tokens=55411, output_tokens=6)


def test_usage_of_a_session_that_began_anew() -> None:
    """A count that is smaller than the one before is a count of its own, never a negative one."""
    reader = CodexReader(Usage(input_tokens=100, output_tokens=100))
    read(reader, completed(input_tokens=10, output_tokens=5))
    assert reader.usage == Usage(input_tokens=10, output_tokens=5)


def test_reconnecting_is_no_failure() -> None:
    """Codex tells its retries as errors; a turn that ends well after them is answered."""
    reader = CodexReader(Usage())
    told = read(
        reader,
        {"type": "error", "message": "Reconnecting... 2/5 (stream disconnected before completion)"},
        {"type": "error", "message": "Reconnecting... waiting for network (Connection failed)"},
        item("agent_message", text="Hi."),
        completed(),
    )
    assert told[:2] == [
        Retrying(attempt=2, delay=0.0, reason="stream disconnected before completion"),
        Retrying(attempt=2, delay=0.0, reason="waiting for network (Connection failed"),
    ]
    assert (reader.finished, reader.failure) == (True, None)


def test_a_failed_turn() -> None:
    """The server's words come out of what codex wraps around them."""
    reader = CodexReader(Usage())
    read(reader, {"type": "error", "message": "bad"}, {"type": "turn.failed", "error": {"message": "Missing key"}})
    assert (reader.finished, reader.failure) == (False, "Missing key")


def test_a_remark_is_told() -> None:
    """An item of the kind error does not end the turn; it is told in one line."""
    told = read(CodexReader(Usage()), item("error", message="Model metadata\nnot found"))
    assert told == [Repaired(what="codex: Model metadata not found")]


@pytest.mark.parametrize(
    ("rest", "name", "arguments", "output", "is_error"),
    [
        (
            {"type": "mcp_tool_call", "server": "s", "tool": "t", "arguments": {"a": 1}, "status": "completed"}
            | {"result": {"content": [{"type": "text", "text": "two"}]}},
            "s__t",
            '{"a":1}',
            "two",
            False,
        ),
        (
            {"type": "mcp_tool_call", "server": "s", "tool": "t", "status": "failed", "error": {"message": "no"}},
            "s__t",
            "{}",
            "no",
            True,
        ),
        (
            {"type": "file_change", "changes": [{"path": "a", "kind": "add"}], "status": "completed"},
            "file_change",
            '{"changes":[{"path":"a","kind":"add"}]}',
            "completed",
            False,
        ),
    ],
)
def test_tools(rest: dict[str, object], name: str, arguments: str, output: str, is_error: bool) -> None:
    """Each kind of tool is told with its name, its arguments, what came of it, and whether it failed."""
    told = read(CodexReader(Usage()), {"type": "item.completed", "item": {"id": "i"} | rest})
    assert told == [Ran(call_id="i", name=name, arguments=arguments, output=output, is_error=is_error)]


@given(st.binary(max_size=60))
def test_any_bytes(line: bytes) -> None:
    """No line makes the reader fail."""
    CodexReader(Usage()).read(line)


@given(
    st.sampled_from(["thread.started", "item.started", "item.completed", "turn.completed", "turn.failed", "error"]),
    st.sampled_from(["agent_message", "reasoning", "error", "command_execution", "mcp_tool_call", "file_change"]),
    JSON,
    JSON,
)
def test_any_shape(kind: str, inner: str, first: object, second: object) -> None:
    """Known lines with parts of any type make no reader fail."""
    entry = {"type": inner, "id": first, "text": second, "command": first, "changes": second, "exit_code": first}
    entry |= {"arguments": second, "result": {"content": [first]}, "error": second, "message": first, "status": "x"}
    line = {"type": kind, "item": entry, "usage": first, "error": second, "message": first, "thread_id": second}
    reader = CodexReader(Usage(input_tokens=5))
    read(reader, line, {"type": kind, "item": first, "usage": {"input_tokens": second}})
    assert reader.usage.input_tokens >= 0


def test_command() -> None:
    """The flags of `codex exec --help`; resuming is a subcommand behind them, and stdin is named."""
    command = Codex().command("/bin/codex", Call(model="tiny", session="01a2", arguments=("-s", "read-only")))
    assert command == [
        *("/bin/codex", "exec", "--json", "--skip-git-repo-check", "--color", "never"),
        *("-m", "tiny", "-s", "read-only", "resume", "01a2", "-"),
    ]


def test_base_url_becomes_a_provider() -> None:
    """Codex ignores OPENAI_BASE_URL: it goes in as a provider that speaks plain HTTP."""
    command = Codex().command("codex", Call(base_url="http://127.0.0.1:1/v1", key_variable="OPENAI_API_KEY"))
    assert 'model_provider="nexdiag"' in command
    assert 'model_providers.nexdiag.base_url="http://127.0.0.1:1/v1"' in command
    assert 'model_providers.nexdiag.env_key="OPENAI_API_KEY"' in command
    assert command[-1] == "-"


def test_lost_session() -> None:
    """The words of a session that is gone are known."""
    assert Codex().lost("Error: thread/resume: thread/resume failed: no rollout found for thread id 01a2 (code -32600)")
    assert not Codex().lost("Missing environment variable")
