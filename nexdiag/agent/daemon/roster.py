"""The chats that the daemon has: opens each with its lock and its worker, gives it back, knows the others from disk."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from nexdiag.agent.daemon.chats import Chat, MakeExecutor
from nexdiag.agent.daemon.feed import Feed
from nexdiag.agent.daemon.listing import Listing, Live
from nexdiag.agent.daemon.log import DaemonLog
from nexdiag.agent.session.conversation import open_chat, waiting_chats
from nexdiag.agent.session.registry import SessionRef
from nexdiag.core.errors import DaemonError, NexdiagError, UsageError

_WATCH = 2.0
"""Seconds between two looks at the chats that are not open."""
STOPPING = "the daemon is stopping; a question that it has not answered stays for the next one"


class _Seat(msgspec.Struct):
    """A chat that is open here."""

    chat: Chat
    task: "asyncio.Task[None]"
    held: contextlib.ExitStack


class Roster:
    """The chats of one state directory."""

    def __init__(self, state: Path, make_executor: MakeExecutor, log: DaemonLog, clock: Callable[[], float]) -> None:
        """None is open yet."""
        self.state = state
        self.listing = Listing(state, clock=clock)
        self.registry = self.listing.registry
        self._make_executor = make_executor
        self._log = log
        self._clock = clock
        self._seats: dict[int, _Seat] = {}
        self._feeds: dict[int, Feed] = {}
        self._closing: set[int] = set()
        self._resting: set[int] = set()
        """Chats that were stopped, or given to another program: nobody but a new request opens them again."""
        self._untaken: dict[int, str] = {}
        """Why a chat whose questions wait could not be had (-1: any of them): logged once, and not at every look."""
        self._stopped = False

    def __len__(self) -> int:
        """How many are open."""
        return len(self._seats)

    def chat(self, number: int) -> Chat:
        """The worker of a chat; the first one who asks for it starts it.

        Raises `DaemonError` where it cannot be had: the daemon stops, it is archived, another program holds it.
        """
        if self._stopped:
            raise DaemonError(STOPPING)
        if number in self._closing:
            raise DaemonError(f"chat {number} is being closed", hint="ask again in a moment")
        if number not in self._seats:
            self._refuse_archived(number)
            self._seats[number] = self._opened(number)
            self._resting.discard(number)
            self._untaken.pop(number, None)
        return self._seats[number].chat

    def open_chat(self, number: int) -> Chat | None:
        """The worker of a chat, if it has one."""
        seat = self._seats.get(number)
        return None if seat is None else seat.chat

    def feed(self, number: int) -> Feed:
        """What a chat tells; whether it is open or not."""
        return self._feeds.setdefault(number, Feed())

    def session(self, number: int) -> SessionRef:
        """The session of a chat that there is. Raises `UsageError` for one that there is not."""
        session = self.registry.chats().get(number)
        if session is None:
            raise UsageError(f"there is no chat {number}", hint="see: nexdiag chat --list")
        return session

    def take_up(self) -> None:
        """Open the chats whose questions were left open, by a crash or by a stop in mid-turn."""
        try:
            numbers = waiting_chats(self.state, clock=self._clock)
        except NexdiagError as error:
            self._log.write("ERROR", f"open questions were not taken up: {error.what}")
            return
        for number in numbers:
            self._try(number)

    async def watch(self) -> None:
        """Go on looking for questions in chats that are not open: another program may have posted, or have left one."""
        while True:
            await asyncio.sleep(_WATCH)
            self.look_through()

    def look_through(self) -> None:
        """Open the chats in which questions wait, but for those that rest."""
        try:
            chats = self.registry.chats()
            for told in self.registry.told:
                self._log.write("WARN", told)
            self.registry.told.clear()
            for number, session in chats.items():
                idle = number not in self._seats and number not in self._resting and session.archived_at is None
                if idle and self.listing.looks(session).mailbox.pending():
                    self._try(number)
        except NexdiagError as error:
            if self._untaken.get(-1) != error.what:
                self._log.write("WARN", f"the chats could not be looked through: {error.what}")
            self._untaken[-1] = error.what

    def _try(self, number: int) -> None:
        try:
            self.chat(number)
        except NexdiagError as error:  # another program holds it, and may answer itself
            if self._untaken.get(number) != error.what:
                self._log.write("WARN", f"chat {number} was not taken up: {error.what}")
            self._untaken[number] = error.what

    async def close(self, number: int) -> bool:
        """End a chat's worker, in mid-turn too, and give its session back; False if it was not open.

        A question that is not answered stays in its mailbox.
        """
        seat = self._seats.get(number)
        if seat is None:
            return False
        self._closing.add(number)
        try:
            seat.task.cancel()
            await asyncio.wait({seat.task})
        finally:
            self._closing.discard(number)
        return True

    async def close_all(self) -> None:
        """The daemon stops."""
        self._stopped = True
        for seat in self._seats.values():
            seat.task.cancel()
        tasks = [seat.task for seat in self._seats.values()]
        if tasks:
            await asyncio.wait(tasks)
        for feed in self._feeds.values():
            feed.end(STOPPING)

    def live(self, number: int) -> Live:
        """How a chat stands here."""
        chat = self.open_chat(number)
        return Live() if chat is None else Live(running=chat.running, paused=chat.paused)

    def _refuse_archived(self, number: int) -> None:
        session = self.registry.chats().get(number)
        if session is not None and session.archived_at is not None:
            hint = f"take it back with: nexdiag session restore chat-{number}; or begin another: nexdiag chat --create"
            raise DaemonError(f"chat {number} is archived", hint=hint)

    def _opened(self, number: int) -> _Seat:
        with contextlib.ExitStack() as held:
            conversation = held.enter_context(open_chat(self.state, number, clock=self._clock))
            for told in conversation.told:
                self._log.write("WARN", f"chat {number}: {told}")
            chat = Chat(number, conversation, self._make_executor, self._log, self.feed(number), self._clock)
            task = asyncio.create_task(chat.run(), name=f"chat-{number}")
            task.add_done_callback(lambda task: self._ended(number, task))
            return _Seat(chat=chat, task=task, held=held.pop_all())

    def _ended(self, number: int, task: "asyncio.Task[None]") -> None:
        """A worker is gone, whatever ended it: its session is free, and whoever waits hears of it."""
        seat = self._seats.pop(number)
        self._resting.add(number)
        try:
            seat.held.close()
        except NexdiagError as error:
            self._log.write("ERROR", f"chat {number}: its session was not given back well: {error.what}")
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._log.write("ERROR", f"chat {number}: its worker died: {fault!r}")
