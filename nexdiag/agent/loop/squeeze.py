"""When a conversation is made shorter, and when that is given up. Pure.

Each of the executors that we looked at has shipped an endless compaction. What ends it here: a request for a summary
is never made twice, three failures in a row open a breaker, and without growth nothing is compacted again.
"""

import hashlib
from collections.abc import Sequence

from nexdiag.agent.loop import budget, compaction
from nexdiag.core.message import Message

_BREAKER = 3
"""Failures in a row after which nothing is summed up any more, until the user wishes it."""
_GROWTH = 0.1
"""Share of the window by which a conversation must have grown since its last compaction."""
_CUTS = 4
"""How often a request for a summary is made shorter, because it does not fit either."""


class Squeeze:
    """What is known of earlier compactions."""

    def __init__(self) -> None:
        """There were none."""
        self._failures = 0
        self._asked: set[bytes] = set()
        self._least = 0
        self._room: int | None = None
        self._cuts = 0

    def due(self, used: int, window: int | None) -> bool:
        """Whether a conversation of so many tokens should be made shorter, before a request that would still fit."""
        if not window or window < budget.SMALLEST or self._failures >= _BREAKER:
            return False
        return used > compaction.ceiling(window) and used > self._least + window * _GROWTH

    def wish(self) -> None:
        """The user wants it: what failed before does not count."""
        self._failures, self._asked = 0, set()

    def begin(self, messages: Sequence[Message], room: int | None) -> tuple[Message, ...]:
        """The messages that ask for a summary; none if it cannot help, or was asked for already."""
        if self._failures >= _BREAKER:
            return ()
        self._room, self._cuts = room, 0
        return self._once(compaction.request(messages, room))

    def shorter(self, messages: Sequence[Message], sent: Sequence[Message]) -> tuple[Message, ...]:
        """The same with fewer messages, after the server had no room for those that were sent."""
        self._cuts += 1
        if self._cuts > _CUTS:
            return ()
        self._room = min(budget.estimate(sent), self._room or budget.LARGEST) // 2
        return self._once(compaction.request(messages, self._room))

    def failed(self) -> None:
        """No summary came of it."""
        self._failures += 1

    def done(self, used: int) -> None:
        """The conversation is shorter now: so many tokens."""
        self._failures = 0
        self._least = used

    def _once(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """The messages, unless they were sent before: the outcome would be the same."""
        if not messages:
            return ()
        mark = _mark(messages)
        if mark in self._asked:
            return ()
        self._asked.add(mark)
        return messages


def _mark(messages: Sequence[Message]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for message in messages:
        for text in (message.role, message.text, *(call.arguments for call in message.tool_calls)):
            raw = text.encode(errors="replace")
            digest.update(b"%d:" % len(raw) + raw)
    return digest.digest()
