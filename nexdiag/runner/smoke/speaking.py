"""Says one message of a scenario to a chat of the daemon, hears what becomes of it, and cancels or kills meanwhile.

Law: whatever the daemon does, each message comes to an end within the patience that it is given.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.agent.daemon.client import DaemonClient
from nexdiag.agent.daemon.protocol import Told
from nexdiag.agent.session.mailbox import ANSWER, Mailbox
from nexdiag.agent.session.registry import Registry
from nexdiag.core.errors import DaemonError
from nexdiag.core.scenario import Say
from nexdiag.runner.smoke.heard import Heard

CANCELLED = "cancelled"
KILLED = "killed"
_LOOK = 2.0
"""Seconds for which the daemon is asked to wait at once."""
_TOLD = 5.0
"""Seconds in which the end of a turn that is settled must have been told."""
_TOLD_AGAIN = 1.0
"""The same for a daemon that has been started again: it may have been done before anybody could hear it."""
_TOO_LATE = {
    CANCELLED: "the turn was over before it could be cancelled",
    KILLED: "the turn was over before the daemon could be killed",
}


_NOTHING: tuple[str, ...] = ()
_UNHEARD = "the daemon did not tell how the turn went"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one message."""

    heard: Heard
    reply: str | None = None
    error: str | None = None
    seconds: float = 0.0
    done: str = ""
    """What was done meanwhile: `cancelled` or `killed`."""
    unchecked: tuple[str, ...] = ()
    answers: int = 1
    """How many answers were given to a question across which the daemon was killed."""


class Speaker:
    """Speaks to the chats of one state directory."""

    def __init__(
        self, state: Path, *, kill: Callable[[], None], patience: float, ticks: Callable[[], float] = time.perf_counter
    ) -> None:
        """`kill` ends the daemon at once and starts it again; `patience` is in seconds, for one message."""
        self._state = state
        self._client = DaemonClient(state)
        self._kill = kill
        self._patience = patience
        self._ticks = ticks

    async def chat(self, name: str) -> int:
        """The number of a new chat."""
        return int((await self._client.ask("create_chat", name=name))["chat_id"])

    async def say(self, say: Say, *, request_id: str, chat: int = 0) -> Outcome:
        """Say it, do what is to be done meanwhile, and wait for what comes of it."""
        one = _Question(self._client, say, request_id, chat, self._ticks)
        done, unchecked = "", _NOTHING
        try:
            async with asyncio.timeout(self._patience):
                if one.moment is not None:
                    done, unchecked = await self._meddle(one)
                else:
                    async with one.followed():
                        await one.ask()
                        await one.settled()
                if done == KILLED:
                    if not unchecked:  # else the turn had ended, and no other will be told
                        one.heard.new_life()
                    self._kill()
                    async with one.followed():
                        await one.settled(_TOLD_AGAIN)
        except TimeoutError:
            one.error = one.error or f"no reply within {self._patience:g} s"
            await self._give_up(one)
        except DaemonError as error:
            one.error = one.error or error.what
        if one.heard.turn is None and done != KILLED:
            unchecked = unchecked or (_UNHEARD,)
        return Outcome(
            heard=one.heard,
            reply=one.reply,
            error=one.error,
            seconds=one.took,
            done=done,
            unchecked=unchecked,
            answers=self._answers(chat, request_id) if done == KILLED else 1,
        )

    async def _give_up(self, one: "_Question") -> None:
        """End the turn that takes too long: the next message would wait behind it."""
        with contextlib.suppress(DaemonError, TimeoutError):
            async with asyncio.timeout(_TOLD):
                await self._client.ask("interrupt_chat", chat_id=one.chat)
                await one.answered()

    async def _meddle(self, one: "_Question") -> tuple[str, tuple[str, ...]]:
        """Ask, wait for the moment, cancel or leave it to be killed; what was done, and what could not be."""
        wish = CANCELLED if one.say.cancel_after is not None else KILLED
        async with one.followed():
            await one.ask()
            hit = await one.reached()
            late = () if hit else (_UNHEARD if one.deaf else _TOO_LATE[wish],)
            if wish == KILLED:
                return wish, late
            cut = hit and (await self._client.ask("interrupt_chat", chat_id=one.chat)).get("interrupted")
            await one.settled()
            if not cut or (one.heard.turn is not None and one.heard.turn.outcome != CANCELLED):
                return "", late or (_TOO_LATE[wish],)
        return wish, ()

    def _answers(self, chat: int, request_id: str) -> int:
        """How often the question was answered, in the mail of the chat."""
        mailbox = Mailbox(Registry(self._state).place(f"chat-{chat}"))
        return sum(row.request_id == request_id for row in mailbox.answers())


class _Question:
    """One message under way."""

    def __init__(self, client: DaemonClient, say: Say, request_id: str, chat: int, ticks: Callable[[], float]) -> None:
        self.say = say
        self.chat = chat
        self.heard = Heard()
        self.reply: str | None = None
        self.error: str | None = None
        self.took = 0.0
        self.moment = say.cancel_after if say.cancel_after is not None else say.kills_after
        self._client = client
        self._request_id = request_id
        self._ticks = ticks
        self._began = ticks()
        self._changed = asyncio.Condition()
        self.deaf = False
        """Nobody tells any more: the follower was dropped, or the daemon has gone."""

    @contextlib.asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """While what the chat tells is heard."""
        began: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.deaf = False
        following = asyncio.create_task(self._follow(began))
        try:
            either: set[asyncio.Future[Any]] = {began, following}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            yield
        finally:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following
            began.cancel()

    async def ask(self) -> None:
        """Post it."""
        self._began = self._ticks()
        await self._client.ask("user_chat", message=self.say.text, request_id=self._request_id, chat_id=self.chat)

    async def reached(self) -> bool:
        """Wait for the moment; whether it came before the turn was over."""
        if isinstance(self.moment, str):
            moment = self.moment
            await self._until(lambda: moment in self.heard.moments or self._over)
        else:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.moment):
                    await self._until(lambda: self._over)
        return not self._over

    async def settled(self, told: float = _TOLD) -> None:
        """Wait for what comes of it, and `told` seconds at most for the end of its turn to be told."""
        words = await self.answered()
        self.took = self._ticks() - self._began
        self.reply, self.error = words
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(told):
                await self._until(lambda: self._over)

    async def answered(self) -> tuple[str | None, str | None]:
        """Wait for what comes of it: a reply, or why there is none."""
        answer: dict[str, Any] = {}
        while not answer.get("settled"):
            answer = await self._client.ask("wait_reply", request_id=self._request_id, chat_id=self.chat, timeout=_LOOK)
        words = str(answer.get("content"))
        return (words, None) if answer.get("role") == ANSWER else (None, words)

    @property
    def _over(self) -> bool:
        return self.heard.turn is not None or self.deaf

    async def _until(self, true: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(true)

    async def _follow(self, began: "asyncio.Future[dict[str, Any]]") -> None:
        """Hear of this question until nobody tells any more."""
        try:
            async with contextlib.aclosing(self._client.follow(self.chat, began=began)) as told:
                async for one in told:
                    await self._hear(one)
        except DaemonError:
            await self._tell_all(lambda: setattr(self, "deaf", True))

    async def _hear(self, one: Told) -> None:
        if one.request_id == self._request_id:
            await self._tell_all(lambda: self.heard.hear(one.progress, self._ticks() - self._began))

    async def _tell_all(self, change: Callable[[], object]) -> None:
        async with self._changed:
            change()
            self._changed.notify_all()
