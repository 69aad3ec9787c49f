"""What the UI knows of the daemon: who it is asked through, and its answers read into words. Pure.

Law: an answer may be anything. What cannot be read as a chat or a message is left out, never raised.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Protocol

import msgspec

from nexdiag.agent.progress import Progress
from nexdiag.core.message import Message


class Told(Protocol):
    """One progress of a chat, as the daemon's client yields it."""

    @property
    def progress(self) -> Progress:
        """What is told."""


class Daemon(Protocol):
    """The daemon's socket. Both raise `DaemonError`; a follower starts with what the running turn has told so far."""

    async def ask(self, cmd: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
        """One request, one answer."""

    def follow(
        self, chat_id: int, *, began: "asyncio.Future[dict[str, Any]] | None" = None
    ) -> AsyncGenerator[Told, None]:
        """What a chat's executor tells, until the connection ends; `began` gets the greeting: `running`, `turn`."""


class ChatRow(msgspec.Struct, frozen=True, kw_only=True):
    """A chat, as the list of chats shows it."""

    chat_id: int
    name: str = ""
    executor: str = ""
    model: str = ""
    running: bool = False
    waiting: int = 0
    turns: int = 0
    archived: bool = False

    @property
    def title(self) -> str:
        """What it is called; `chat 3` if nobody gave it a name."""
        return self.name or f"chat {self.chat_id}"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a chat's history."""

    messages: tuple[Message, ...] = ()
    first: int = 0
    """The place of the first of them in the whole history, from 0."""
    total: int = 0


def read_chats(answer: dict[str, Any]) -> tuple[ChatRow, ...]:
    """The chats that are not set aside, by number."""
    found = [row for row in map(_chat, _list(answer.get("chats"))) if row is not None and not row.archived]
    return tuple(sorted(found, key=lambda row: row.chat_id))


def read_page(answer: dict[str, Any]) -> Page:
    """A piece of history; what is no message is left out, with its place kept."""
    rows = _list(answer.get("messages"))
    first, total = _count(answer.get("first")), _count(answer.get("total"))
    return Page(messages=tuple(map(_message, rows)), first=first, total=max(total, first + len(rows)))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _count(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def _chat(row: object) -> ChatRow | None:
    if not isinstance(row, dict):
        return None
    given = {key: value for key, value in row.items() if value is not None}
    try:
        return msgspec.convert(given, ChatRow)
    except (msgspec.ValidationError, TypeError, RecursionError):
        return None


def _message(row: object) -> Message:
    try:
        return msgspec.convert(row, Message)
    except (msgspec.ValidationError, TypeError, RecursionError):
        return Message(role="unreadable", content="a message that cannot be read")
