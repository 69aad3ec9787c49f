"""One worker a chat: it takes questions from the chat's mailbox, one after another, and settles each.

Whatever goes wrong settles the question with one line that says so, in the chat and in the log; the worker goes on.
"""

import asyncio
import contextlib
from collections.abc import Callable

from nexdiag.agent.daemon.log import DaemonLog
from nexdiag.agent.driver import Driver
from nexdiag.agent.progress import Progress, Retrying, Tell, ToolRan
from nexdiag.agent.session.conversation import Conversation
from nexdiag.agent.session.mailbox import Row
from nexdiag.core.errors import NexdiagError
from nexdiag.core.turn import Turn

_LOOK = 1.0
"""Seconds between looks into the inbox when nobody calls: another program may have posted."""
_SHOWN = 300

MakeDriver = Callable[[Conversation, Tell], Driver]


class Chat:
    """The worker of one chat."""

    def __init__(self, number: int, conversation: Conversation, make_driver: MakeDriver, log: DaemonLog) -> None:
        """`conversation` is open and locked; the driver is made when the first question comes."""
        self.number = number
        self.conversation = conversation
        self._make_driver = make_driver
        self._log = log
        self._driver: Driver | None = None
        self._turn: asyncio.Task[Turn] | None = None
        self._called = asyncio.Event()
        self._settled = asyncio.Condition()

    def call(self) -> None:
        """There may be a question."""
        self._called.set()

    def interrupt(self) -> bool:
        """Cancel the turn under way; False if there is none."""
        return self._turn is not None and self._turn.cancel()

    async def run(self) -> None:
        """Settle questions until cancelled."""
        try:
            while True:
                for row in self.conversation.mailbox.pending():
                    await self._settle(row)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK):
                        await self._called.wait()
                self._called.clear()
        finally:
            if self._driver is not None:
                await self._driver.close()

    async def wait_reply(self, request_id: str, timeout: float) -> Row | None:  # noqa: ASYNC109 - a client's wish
        """What came of a question: at once if it is settled, else when it is; None after `timeout` seconds."""
        reply = self.conversation.mailbox.reply(request_id)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout), self._settled:
                while reply is None:
                    await self._settled.wait()
                    reply = self.conversation.mailbox.reply(request_id)
        return reply

    async def _settle(self, row: Row) -> None:
        mailbox = self.conversation.mailbox
        given = self.conversation.given_answer(row.request_id)
        try:
            if given is not None:  # only the telling of it was cut off
                turn = Turn(number=0, said=row.content, reply=given)
            else:
                turn = await self._play(row)
        except asyncio.CancelledError:
            raise  # the daemon stops: the question stays, and is asked again by the next one
        except NexdiagError as error:
            self._driver = None
            self._report("ERROR", f"chat {self.number}: {error.what}", None)
            mailbox.fail(row, f"{error.what} ({error.hint})" if error.hint else error.what)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not take the daemon along
            self._driver = None
            self._report("ERROR", f"chat {self.number}: internal error: {error!r}", None)
            mailbox.fail(row, f"internal error: {error!r} (see: nexdiag service logs)")
        else:
            if turn.outcome == "answered" and turn.reply is not None:
                mailbox.answer(row, turn.reply)
            else:
                mailbox.fail(row, turn.error or turn.outcome)
        async with self._settled:
            self._settled.notify_all()

    async def _play(self, row: Row) -> Turn:
        if self._driver is None:
            self._driver = self._make_driver(self.conversation, self._tell)
        begun = self.conversation.open_question(row.request_id)
        number = self._driver.turns + 1
        asked = f"chat_id={self.number}, request_id={row.request_id}"
        self._report("INFO", f"Turn {number} started: {asked}, {len(row.content)} characters", number)
        self._turn = asyncio.create_task(self._driver.say(row.content, request_id=row.request_id, said=begun))
        try:
            turn = await asyncio.shield(self._turn)
        except asyncio.CancelledError:
            if not self._turn.done() or not self._turn.cancelled():
                self._turn.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self._turn
                raise
            turn = Turn(number=number, said=row.content, outcome="cancelled", error="cancelled")
        finally:
            self._turn = None
        self._report(*_ending(turn, asked), turn.number)
        return turn

    def _tell(self, progress: Progress) -> None:
        number = self._driver.turns if self._driver is not None else None
        if isinstance(progress, Retrying):
            again = f"Retrying in {progress.delay:.1f}s (attempt {progress.attempt})"
            self._report("WARN", f"chat {self.number}: {progress.reason}. {again}", number)
        elif isinstance(progress, ToolRan):
            run = progress.run
            how = "failed" if run.is_error else "ran"
            self._report("INFO", f"chat {self.number}: tool {run.name} {how} in {run.duration:.2f}s", number)

    def _report(self, level: str, text: str, turn: int | None) -> None:
        self._log.write(level, text, turn=turn)


def _ending(turn: Turn, asked: str) -> tuple[str, str]:
    took = f"in {turn.duration:.2f}s: {asked}"
    if turn.outcome == "answered":
        return "INFO", f"Turn {turn.number} answered {took}, {len(turn.reply or '')} characters"
    return "ERROR", f"Turn {turn.number} {turn.outcome} {took}: {(turn.error or '')[:_SHOWN]}"
