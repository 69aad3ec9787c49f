"""Promises of nexdiag.agent.session.journal: what happened is on disk before anything else happens, once."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from nexdiag.agent.driver import Keeps
from nexdiag.agent.loop import compaction
from nexdiag.agent.loop.events import Shortened
from nexdiag.agent.session import durable
from nexdiag.agent.session.journal import Journal, read_entries
from nexdiag.codec import journal as codec
from nexdiag.core.errors import DaemonError
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.core.turn import ToolRun

NOW = 1779285792.009
CALL = ToolCall(id="c1", name="bash", arguments='{"command": "ls"}')


def said(entries: Sequence[codec.Entry | codec.Bad]) -> list[Message]:
    """All messages of a journal, as they stand."""
    return [one for entry in entries if isinstance(entry, codec.MessageEntry) for one in codec.messages_of(entry)]


def opened(directory: Path) -> Journal:
    """Open the journal as a process does that has just started."""
    return Journal.open(directory, clock=lambda: NOW)


def test_a_session_in_the_reference_s_lines(tmp_path: Path) -> None:
    """Each of the five types is one line with the reference's keys and a `seq` of its own."""
    journal = opened(tmp_path)
    journal.init(model="m", provider="oai-compat", system_prompt="You are", tools=[{"name": "bash"}])
    journal.message(Message(role="user", content="hi"), request_id="r1", turn=1)
    reply = Reply(
        message=Message(role="assistant"), finish_reason="stop", response_id="x", usage=Usage(output_tokens=5)
    )
    journal.message(Message(role="assistant", tool_calls=(CALL,)), reply=reply)
    journal.tool_execution(ToolRun(call_id="c1", name="bash", arguments=CALL.arguments, output="a", duration=0.5))
    journal.compacted(Shortened(before=9, after=1, count=2, summary="so far"))
    journal.end("max_turns", usage=Usage(input_tokens=3), turns=1)
    journal.end("no server")
    lines = [json.loads(line) for line in (tmp_path / "conversation.jsonl").read_bytes().splitlines()]
    assert [line.pop("seq") for line in lines] == [1, 2, 3, 4, 5, 6, 7]
    assert {line.pop("timestamp") for line in lines} == {"2026-05-20T14:03:12.009Z"}
    none = {"input_tokens": 0, "output_tokens": 0}
    use = {"type": "tool_use", "id": "c1", "name": "bash", "input": {"command": "ls"}, "arguments": CALL.arguments}
    assert [(line.pop("entry_type"), line) for line in lines] == [
        ("init", {"model": "m", "provider": "oai-compat", "system_prompt": "You are", "tools": [{"name": "bash"}]}),
        ("message", {"request_id": "r1", "turn": 1, "role": "user", "content": [{"type": "text", "text": "hi"}]}),
        (
            "message",
            {
                "role": "assistant",
                "content": [use],
                "usage": {"input_tokens": 0, "output_tokens": 5},
                "response_id": "x",
                "stop_reason": "tool_use",
            },
        ),
        (
            "tool_execution",
            {
                "tool_use_id": "c1",
                "name": "bash",
                "input": {"command": "ls"},
                "arguments": CALL.arguments,
                "output": "a",
                "is_error": False,
                "duration_ms": 500,
            },
        ),
        (
            "compaction",
            {
                "turn": 0,
                "compacted_through_seq": 4,
                "summary": "so far",
                "original_message_count": 2,
                "original_token_count": 9,
            },
        ),
        ("end", {"reason": "max_turns", "total_usage": none | {"input_tokens": 3}, "turns": 1}),
        ("end", {"reason": {"error": {"message": "no server"}}, "total_usage": none, "turns": 0}),
    ]


def test_results_that_were_cleared_stand_for_no_message(tmp_path: Path) -> None:
    """A remark is no summary: nothing may be left out for it, by our reader or the reference's (reference fault L3)."""
    journal = opened(tmp_path)
    journal.message(Message(role="user", content="hi"))
    journal.compacted(Shortened(before=9, after=1, count=2, cleared=("a", "b")), turn=3)
    entry = opened(tmp_path).entries[-1]
    assert isinstance(entry, codec.CompactionEntry)
    assert (entry.compacted_through_seq, entry.turn, entry.fallback_reason) == (0, 3, compaction.REASON)
    assert compaction.remarked(entry.summary) == {"a", "b"}


def test_every_message_is_journaled_once(tmp_path: Path) -> None:
    """As many messages stand in the file as were handed over, also where two are equal, and across two processes."""
    messages = [Message(role="user", content="hi"), Message(role="assistant", content="hello")] * 2
    for message in messages[:3]:
        opened(tmp_path).message(message)
    opened(tmp_path).message(messages[3])
    assert said(opened(tmp_path).entries) == messages


def test_numbers_go_on_over_a_torn_line(tmp_path: Path) -> None:
    """A process that starts after a crash closes the torn line, goes on counting, and reads all that is whole."""
    opened(tmp_path).message(Message(role="user", content="hi"))
    with (tmp_path / "conversation.jsonl").open("ab") as file:
        file.write(b'{"seq":2,"timestamp":"2026')
    journal = opened(tmp_path)
    assert [type(entry) for entry in journal.entries] == [codec.MessageEntry, codec.Bad]
    journal.message(Message(role="assistant", content="hello"))
    assert journal.last_seq == 2
    assert len(said(read_entries(journal.path))) == 2


def test_a_spoiled_number_is_not_gone_on_from(tmp_path: Path) -> None:
    """A `seq` that no counter reached does not become the beginning of ours."""
    entry = codec.message_entry(Message(role="user", content="hi"), seq=2**60, timestamp="")
    durable.append_line(tmp_path / "conversation.jsonl", codec.encode(entry))
    assert opened(tmp_path).last_seq == 0


def test_what_could_not_be_written_used_no_number(tmp_path: Path) -> None:
    """After a failed write the next entry has the number of the one that failed."""
    directory = durable.ensure_directory(tmp_path / "session")
    journal = opened(directory)
    durable.move(directory, tmp_path / "away")
    with pytest.raises(DaemonError):
        journal.message(Message(role="user", content="hi"))
    durable.move(tmp_path / "away", directory)
    journal.message(Message(role="user", content="hi"))
    assert journal.last_seq == 1


def test_the_driver_can_keep_its_conversation_here(tmp_path: Path) -> None:
    """The journal is what the driver asks for."""
    keeps: Keeps = opened(tmp_path)
    keeps.message(Message(role="user", content="hi"), request_id="r1", turn=1)
    assert len(opened(tmp_path).entries) == 1
