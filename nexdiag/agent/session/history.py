"""What was said in a session, for those who look: all of it, whatever was compacted, read again only if it grew."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from nexdiag.agent.session import durable
from nexdiag.agent.session.journal import NAME
from nexdiag.agent.session.resume import restore
from nexdiag.codec import journal
from nexdiag.core.message import Message


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the messages of a session."""

    messages: tuple[Message, ...]
    first: int
    """The place of the first one among all, from 0."""
    total: int


class History:
    """The messages of one session. Its directory need not exist; none is made."""

    def __init__(self, directory: Path) -> None:
        """Nothing is read yet."""
        self._path = directory / NAME
        self._file: tuple[int, int] | None = None
        self._end = 0
        self._entries: list[journal.Entry | journal.Bad] = []
        self._messages: tuple[Message, ...] = ()
        self._turns = 0

    def messages(self) -> tuple[Message, ...]:
        """All of them, without the system prompt."""
        self._refresh()
        return self._messages

    def turns(self) -> int:
        """The number of the last turn."""
        self._refresh()
        return self._turns

    def page(self, *, before: int | None = None, limit: int = 50) -> Page:
        """The last `limit` messages in front of the one at the place `before`; of all if that is None."""
        messages = self.messages()
        end = len(messages) if before is None else min(before, len(messages))
        first = max(end - limit, 0)
        return Page(messages=messages[first:end], first=first, total=len(messages))

    def _refresh(self) -> None:
        """Read what is new; all of it, if the file is another one now or was cut."""
        facts = durable.facts(self._path)
        file = None if facts is None else (facts.st_dev, facts.st_ino)
        if file != self._file or (facts is not None and facts.st_size < self._end):
            self._file, self._end, self._entries, self._messages, self._turns = file, 0, [], (), 0
        if facts is None or facts.st_size == self._end:
            return
        tail = durable.read_from(self._path, self._end)
        self._end = tail.end
        new: Sequence[journal.Entry | journal.Bad] = [journal.decode(line) for line in tail.lines]
        if new:
            # Of a compaction the model goes on with the summary; whoever looks still wants to read all of it.
            self._entries += [entry for entry in new if not isinstance(entry, journal.CompactionEntry)]
            restored = restore(self._entries)
            self._messages, self._turns = restored.messages, restored.turns
