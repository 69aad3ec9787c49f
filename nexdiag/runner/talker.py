"""Who talks: one executor on one conversation, which can be changed for another one in mid-session.

Law: memory and journal never differ. What would make them differ (`/clear`, `/load`, `/fork`) goes on in a new
session, and the old one stays as it is, to be resumed.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from nexdiag.agent.driver import Driver
from nexdiag.agent.progress import Tell
from nexdiag.agent.session.conversation import Conversation, open_session, open_task
from nexdiag.agent.session.lock import release_requested
from nexdiag.core.errors import UsageError
from nexdiag.core.message import Message, Usage
from nexdiag.core.turn import Turn
from nexdiag.runner.crew import Crew, make_executor
from nexdiag.runner.outcome import WELL

_T = TypeVar("_T")


class Talker:
    """An executor on its conversation. Close it when done."""

    def __init__(self, crew: Crew, *, state: Path | None, tell: Tell, say: Callable[[str], None]) -> None:
        """`state`: where sessions are kept; None keeps none. `say` is told what had to be repaired."""
        self.crew = crew
        self.state = state
        self.usage = Usage()
        """Of every turn played here."""
        self.conversation: Conversation | None = None
        self._tell = tell
        self._say = say
        self._driver: Driver | None = None
        self._playing: asyncio.Task[Turn] | None = None
        self._session = contextlib.ExitStack()
        self._held = contextlib.ExitStack()
        self._runner = self._held.enter_context(asyncio.Runner())
        self._held.callback(self._leave)

    @property
    def driver(self) -> Driver:
        """The executor. Raises `UsageError` before a session is open."""
        if self._driver is None:
            raise UsageError("no session is open", hint="open one: /resume SESSION")
        return self._driver

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation so far, without the system prompt."""
        return tuple(self.driver.machine.messages)

    def open(self, ref: str | None = None, *, messages: Sequence[Message] = ()) -> None:
        """Go on with the session of that key, alias or prefix; for None with a new one, which begins with `messages`.

        The session that was open is closed first. Raises `UsageError` for a name that is none, `DaemonError` for a
        session that another process holds; the session that was open is then open again.
        """
        before = self.conversation.directory.name if self.conversation is not None else None
        self._leave()
        try:
            self._enter(self._session_of(ref), messages)
        except Exception:
            if before is not None:
                self._enter(self._session_of(before))
            raise

    def open_task(self, task: str, *, resume: bool) -> None:
        """Go on with the session of a task; without `resume` begin it anew. Raises `UsageError` for what is no name."""
        assert self.state is not None
        self._enter(open_task(self.state, task, resume=resume, clock=time.time))

    def play(self, text: str) -> Turn | None:
        """One turn; None if the user broke it off the hard way.

        Ctrl-C stops it gently: tools that run may end, and what they did is kept. A second one ends them as well.
        """
        playing = self._playing = self._runner.get_loop().create_task(self.driver.say(text))
        try:
            turn = self._runner.run(self._played(playing, self.driver))
        except KeyboardInterrupt:
            self._runner.run(_ended(playing))
            return None
        self.usage += turn.usage
        return turn

    async def _played(self, playing: "asyncio.Task[Turn]", driver: Driver) -> Turn:
        try:
            return await asyncio.shield(playing)
        except asyncio.CancelledError:  # asyncio's own answer to the first Ctrl-C; at the second, it raises
            task = asyncio.current_task()
            assert task is not None
            task.uncancel()
            driver.interrupt()
        return await playing

    def wait(self, doing: Coroutine[Any, Any, _T]) -> _T:
        """What comes of it, in the loop that the executor lives in."""
        return self._runner.run(doing)

    def end(self, reason: str, *, usage: Usage, turns: int) -> None:
        """Note in the journal why the session ends."""
        if self.conversation is not None:
            self.conversation.journal.end("complete" if reason in WELL else reason, usage=usage, turns=turns)

    def close(self) -> None:
        """Let go of everything."""
        self._held.close()

    def _session_of(self, ref: str | None) -> AbstractContextManager[Conversation] | None:
        return None if self.state is None else open_session(self.state, ref, clock=time.time)

    def _enter(self, session: AbstractContextManager[Conversation] | None, messages: Sequence[Message] = ()) -> None:
        with contextlib.ExitStack() as opening:
            conversation = None
            if session is not None:
                conversation = opening.enter_context(session)
                for message in messages:
                    conversation.journal.message(message)
                for told in conversation.told:
                    self._say(told)
            history = () if conversation is not None else tuple(messages)
            self._driver = self._runner.run(make_executor(self.crew, conversation, self._tell, history=history))
            self.conversation = conversation
            self._session = opening.pop_all()

    @property
    def release_requested(self) -> bool:
        """Whether another program asks for the session."""
        return self.conversation is not None and release_requested(self.conversation.directory)

    def _leave(self) -> None:
        playing, self._playing = self._playing, None
        driver, self._driver, self.conversation = self._driver, None, None
        try:
            if playing is not None and not playing.done():  # a signal has broken off more than the turn
                self._runner.run(_ended(playing))
            if driver is not None:
                self._runner.run(driver.close())
        finally:
            self._session.close()


async def _ended(playing: "asyncio.Task[Turn]") -> None:
    """End a turn with everything that it started."""
    playing.cancel()
    await asyncio.wait({playing})
