"""Writes `conversation.jsonl`: each message once, in the order in which it became part of the conversation.

An entry is on disk before its method returns, so that what the model is sent next, or what a tool does next, never
knows more than the journal. What to make of a journal that a crash cut short is said in `resume`.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from nexdiag.agent.loop import compaction
from nexdiag.agent.loop.events import Shortened
from nexdiag.agent.session import durable
from nexdiag.codec import journal as codec
from nexdiag.core.message import Message, Reply, Usage
from nexdiag.core.turn import ToolRun

NAME = "conversation.jsonl"
_HIGHEST = 2**53
"""A spoiled `seq` above this is not believed: there would be no room for those to come."""


class Journal:
    """The journal of one session, open for appending. Its writer holds the session's lock."""

    def __init__(
        self, path: Path, entries: Sequence[codec.Entry | codec.Bad] = (), *, clock: durable.Clock = time.time
    ) -> None:
        """Go on behind `entries`."""
        self.path = path
        self.entries = tuple(entries)
        """What stood there when it was opened."""
        self._clock = clock
        used = (entry.seq for entry in entries if not isinstance(entry, codec.Bad))
        self._next = 1 + max((seq for seq in used if 0 < seq < _HIGHEST), default=0)

    @classmethod
    def open(cls, directory: Path, *, clock: durable.Clock = time.time) -> Self:
        """Read what stands in the journal of the session; a missing one is an empty one."""
        path = directory / NAME
        return cls(path, read_entries(path), clock=clock)

    def init(self, *, model: str, provider: str, system_prompt: str, tools: Sequence[dict[str, Any]] = ()) -> None:
        """Keep that a process begins to work on the session. Each tool has `name`, `description` and `input_schema`."""
        self._write(
            codec.InitEntry(
                seq=self._next,
                timestamp=self._now(),
                model=model,
                provider=provider,
                system_prompt=system_prompt,
                tools=tuple(tools),
            )
        )

    def message(
        self,
        message: Message,
        *,
        request_id: str | None = None,
        turn: int | None = None,
        reply: Reply | None = None,
    ) -> None:
        """Keep one message of the conversation; `reply` tells what else the server said about it."""
        entry = codec.message_entry(message, seq=self._next, timestamp=self._now())
        entry = msgspec.structs.replace(entry, request_id=request_id, turn=turn)
        if reply is not None:
            reason = reply.finish_reason
            entry = msgspec.structs.replace(
                entry,
                usage=codec.tokens(reply.usage),
                response_id=reply.response_id,
                stop_reason="tool_use" if message.tool_calls else codec.STOP_REASONS.get(reason or "", reason),
            )
        self._write(entry)

    def tool_execution(self, run: ToolRun) -> None:
        """Keep what a tool came to, before the model is told."""
        self._write(codec.tool_entry(run, seq=self._next, timestamp=self._now()))

    def compacted(self, record: Shortened, *, turn: int | None = None) -> None:
        """Keep that the conversation was made shorter.

        A summary stands for all messages that are kept so far. Where results were only cleared, nothing may be left
        out for it: the entry stands for no message, and says so in the way that the reference's reader knows.
        """
        through, reason, summary = self.last_seq, None, record.summary
        if not summary:
            through, reason, summary = 0, compaction.REASON, compaction.remark(record.cleared)
        self._write(
            codec.CompactionEntry(
                seq=self._next,
                timestamp=self._now(),
                turn=turn or 0,
                compacted_through_seq=through,
                summary=summary,
                original_message_count=record.count,
                original_token_count=record.before,
                fallback_reason=reason,
            )
        )

    def end(self, reason: str, *, usage: Usage | None = None, turns: int = 0) -> None:
        """Keep that the process leaves the session: one of `END_REASONS`, or what went wrong."""
        self._write(
            codec.EndEntry(
                seq=self._next,
                timestamp=self._now(),
                reason=reason if reason in codec.END_REASONS else {"error": {"message": reason}},
                total_usage=codec.tokens(usage or Usage()),
                turns=turns,
            )
        )

    @property
    def last_seq(self) -> int:
        """The `seq` of the last entry; 0 if there is none."""
        return self._next - 1

    def _now(self) -> str:
        return codec.timestamp(self._clock())

    def _write(self, entry: codec.Entry) -> None:
        durable.append_line(self.path, codec.encode(entry))
        self._next = entry.seq + 1  # only now: an entry that could not be written used no number


def read_entries(path: Path) -> tuple[codec.Entry | codec.Bad, ...]:
    """Read all entries of a journal in the order of the file; what is none stands there as `Bad`."""
    lines, bad = durable.read_lines(path)
    entries = [codec.decode(line) for line in lines]
    return (*entries, *(codec.Bad(raw=fault.raw, why=fault.why) for fault in bad))
