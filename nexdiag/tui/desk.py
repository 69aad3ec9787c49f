"""What the user does to chats, said to the daemon: the list, a new one, a message, a cancel. No widgets.

Law: a message keeps its request id until the daemon has taken it, so that sending it again after a break is no second
question.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from nexdiag.agent.daemon.protocol import LONGEST_MESSAGE
from nexdiag.core.errors import NexdiagError, UsageError
from nexdiag.tui.memory import Memory
from nexdiag.tui.words import ChatRow, Daemon, read_chats

_PATIENCE = 3600.0
_ANSWERED = "coordinator"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a message."""

    answered: bool
    words: str


class Desk:
    """The chats of one daemon, and the one that is shown."""

    def __init__(self, daemon: Daemon, memory: Memory, *, new_request_id: Callable[[], str]) -> None:
        """Nothing is asked yet."""
        self.daemon = daemon
        self.memory = memory
        self.rows: tuple[ChatRow, ...] = ()
        self.chat = 0
        self.recording: str | None = None
        self._new_request_id = new_request_id
        self._unsent: dict[tuple[int, str], str] = {}

    @property
    def row(self) -> ChatRow:
        """The chat that is shown."""
        return next((row for row in self.rows if row.chat_id == self.chat), ChatRow(chat_id=self.chat))

    async def look(self) -> None:
        """What chats there are, and whether the daemon records."""
        rows = read_chats(await self.daemon.ask("list_chats"))
        status = await self.daemon.ask("status")
        recording = status.get("recording")
        self.recording = recording if isinstance(recording, str) else None
        self.rows = rows
        self.see()

    def see(self) -> None:
        """What the chat that is shown has said is seen."""
        self.memory.seen[self.chat] = self.row.turns

    def unread(self, row: ChatRow) -> bool:
        """Whether it has said something since it was shown."""
        return row.turns > self.memory.seen.get(row.chat_id, 0)

    async def choose(self, wanted: int | None) -> None:
        """Show this chat, else the one of the last life, else the first; with none at all, a new one."""
        known = [row.chat_id for row in self.rows]
        if wanted is not None and wanted not in known and known:
            listed = ", ".join(map(str, known[:20]))
            raise UsageError(f"there is no chat {wanted}; there are {listed}", hint="leave --chat away, or name one")
        if wanted is None:
            last = self.memory.chat
            wanted = last if last in known else known[0] if known else await self.create("")
        self.show(wanted)

    def show(self, chat_id: int) -> None:
        """This chat from now on."""
        self.chat = self.memory.chat = chat_id
        self.see()

    def beside(self, direction: int) -> int:
        """The chat before or after the one that is shown, around the end."""
        known = [row.chat_id for row in self.rows] or [self.chat]
        at = known.index(self.chat) if self.chat in known else 0
        return known[(at + direction) % len(known)]

    async def create(self, name: str) -> int:
        """A new chat; its number."""
        values: dict[str, Any] = {"name": name} if name else {}
        answer = await self.daemon.ask("create_chat", **values)
        chat_id = answer.get("chat_id")
        if not isinstance(chat_id, int):
            raise NexdiagError("the daemon made a chat and did not say which", hint="see: nexdiag service logs")
        return chat_id

    def request_id(self, text: str) -> str:
        """The id under which to say this text to the chat that is shown: the old one, if it could not be said."""
        return self._unsent.pop((self.chat, text), None) or self._new_request_id()

    async def say(self, chat: int, text: str, request_id: str) -> None:
        """Say something to a chat. Raises `UsageError` for what is too long for a message."""
        size = len(text.encode("utf-8", "replace"))
        if size > LONGEST_MESSAGE:
            what = f"the message has {size:,} bytes; at most {LONGEST_MESSAGE:,} can be sent"
            raise UsageError(what, hint="put it into a file and name the file")
        try:
            await self.daemon.ask("user_chat", message=text, request_id=request_id, chat_id=chat)
        except NexdiagError:
            self._unsent[chat, text] = request_id
            raise

    async def outcome(self, chat: int, request_id: str) -> Outcome:
        """What came of a message, when it has."""
        while True:
            values = {"request_id": request_id, "chat_id": chat, "timeout": _PATIENCE}
            answer = await self.daemon.ask("wait_reply", **values)
            if answer.get("settled"):
                return Outcome(answered=answer.get("role") == _ANSWERED, words=str(answer.get("content") or ""))

    async def cancel(self) -> None:
        """Cancel the turn under way."""
        await self.daemon.ask("interrupt_chat", chat_id=self.chat)

    async def compact(self) -> None:
        """Shorten the conversation."""
        await self.daemon.ask("compact_chat", chat_id=self.chat, timeout=_PATIENCE)
