"""One worker a chat: it takes questions from the chat's mailbox, one after another, and settles each.

Whatever goes wrong settles the question with one line that says so, in the chat and in the log; the worker goes on.
Only where the disk is full the question waits, and is played when there is room. After three faults of ours in ten
minutes the chat pauses until somebody says something, so that it cannot burn on alone.
"""

import asyncio
import contextlib
from collections.abc import Callable

import msgspec

from nexdiag.agent.daemon.crashes import CrashBudget
from nexdiag.agent.daemon.feed import Feed
from nexdiag.agent.daemon.log import DaemonLog
from nexdiag.agent.daemon.player import CANCELLED, MakeExecutor, Player
from nexdiag.agent.daemon.slash import Standing, command_of, reply_to
from nexdiag.agent.daemon.transcript import Transcript
from nexdiag.agent.session import durable
from nexdiag.agent.session.conversation import Conversation
from nexdiag.agent.session.lock import release_requested
from nexdiag.agent.session.mailbox import ANSWER, Row
from nexdiag.core.errors import NexdiagError
from nexdiag.core.turn import Turn

__all__ = ["Chat", "MakeExecutor"]

_LOOK = 1.0
"""Seconds between looks into the inbox when nobody calls: another program may have posted."""
_PAUSED = "the chat pauses after three internal errors in ten minutes; say something, or: nexdiag service restart"


class _Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a question came to."""

    text: str
    """The answer, or why there is none."""
    answered: bool


class Chat:
    """The worker of one chat."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it works with
        self,
        number: int,
        conversation: Conversation,
        make_executor: MakeExecutor,
        log: DaemonLog,
        feed: Feed,
        clock: Callable[[], float],
    ) -> None:
        """`conversation` is open and locked; the executor is made when the first question comes."""
        self.number = number
        self.conversation = conversation
        self.feed = feed
        self._log = log
        self._clock = clock
        self._asked: str | None = None
        """The request id of the question that is being settled."""
        directory = conversation.directory
        self._transcript = Transcript(directory, clock=clock, trouble=lambda why: self._report("WARN", why))
        self._player = Player(number, conversation, make_executor, self._report, (self._transcript.tell, feed.tell))
        self._called = asyncio.Event()
        self._settled = asyncio.Condition()
        self._verdicts: dict[int, _Verdict] = {}
        """By the question's row: what could not be written yet. To ask the model again would be the wrong way."""
        self._crashes = CrashBudget()
        self._paused_at: int | None = None
        """While it pauses: the highest row that it had seen."""
        self._trouble = ""
        """What was logged last of a disk or a mailbox that does not work: once, and not at every look."""
        self._only_one = asyncio.Lock()

    @property
    def running(self) -> bool:
        """A turn is under way."""
        return self._player.running

    @property
    def doing(self) -> str:
        """What is in the way of the turn under way, if something is."""
        return self._player.doing

    @property
    def paused(self) -> bool:
        """It waits for somebody to say something, after too many faults."""
        return self._paused_at is not None

    def call(self) -> None:
        """There may be a question; if the chat pauses, it goes on."""
        self._wake()
        self._called.set()

    def interrupt(self) -> bool:
        """Cancel the turn under way; False if there is none."""
        return self._player.interrupt()

    def renew(self) -> None:
        """What is in force has changed: the next question gets a new executor."""
        self._player.renew()

    async def run(self) -> None:
        """Settle questions until cancelled, or until another program asks for the session between two turns."""
        try:
            while not release_requested(self.conversation.directory):
                self._called.clear()
                try:
                    await self._look()
                    self._trouble = ""
                except NexdiagError as error:  # the mailbox cannot be read or written: look again later
                    self._complain(error.what)
                except Exception as error:  # noqa: BLE001 - a fault of ours must not take the daemon along
                    self._complain(f"internal error: {error!r}")
                    self._fault()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK):
                        await self._called.wait()
            self._report("INFO", f"chat {self.number}: released, as another program asked")
        finally:
            self._transcript.close()
            await self._player.drop()

    async def wait_reply(self, request_id: str, timeout: float) -> Row | None:  # noqa: ASYNC109 - a client's wish
        """What came of a question: at once if it is settled, else when it is; None after `timeout` seconds."""
        mailbox = self.conversation.mailbox
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout), self._settled:
                await self._settled.wait_for(lambda: mailbox.reply(request_id) is not None)
        return mailbox.reply(request_id)

    def knows(self, request_id: str) -> bool:
        """Whether such a question was ever asked here."""
        mailbox = self.conversation.mailbox
        asked = any(row.request_id == request_id for row in mailbox.questions())
        return asked or mailbox.reply(request_id) is not None

    async def compact(self) -> str:
        """Make the conversation shorter; what came of it, in words."""
        async with self._only_one:
            return await self._player.compact()

    def standing(self) -> Standing:
        """How it stands."""
        waiting = len(self.conversation.mailbox.pending())
        overrides = self.conversation.overrides
        executor, model = overrides.executor or "", overrides.model or self._player.model
        spent = self._player.spent()
        return Standing(number=self.number, waiting=waiting, executor=executor, model=model, **spent)

    def _wake(self) -> None:
        self._paused_at = None
        self._crashes.renew()

    async def _look(self) -> None:
        """Settle what waits. While the chat pauses, only a question that is new wakes it."""
        waiting = self.conversation.mailbox.pending()
        if self._paused_at is not None:
            if not any(row.id > self._paused_at for row in waiting):
                return
            self._wake()
        for row in waiting:
            if self.paused or release_requested(self.conversation.directory):
                return
            async with self._only_one:
                await self._settle(row)
        if waiting:
            self.conversation.mailbox.rotate_if_due()

    async def _settle(self, row: Row) -> None:
        verdict = self._verdicts.pop(row.id, None)
        if verdict is None:
            self._asked = row.request_id
            self.feed.begin(row.request_id)
            self._transcript.said("user", row.content)
            try:
                verdict = await self._verdict(row)
            finally:
                self._asked = None
            self._transcript.said(ANSWER if verdict.answered else "system-error", verdict.text)
        mailbox = self.conversation.mailbox
        try:
            (mailbox.answer if verdict.answered else mailbox.fail)(row, verdict.text)
        except NexdiagError as error:
            self._verdicts[row.id] = verdict
            if row.request_id is None or mailbox.reply(row.request_id) is None:
                raise
            del self._verdicts[row.id]
            self._complain(error.what)  # the answer is out; the cursor follows with the next one
        self.feed.settle(_turn_of(row, verdict))
        async with self._settled:
            self._settled.notify_all()

    async def _verdict(self, row: Row) -> _Verdict:
        """Play the question's turn, or answer it ourselves.

        Raises `CancelledError` when the daemon stops, and `DiskFull` when there is no room: the question stays.
        """
        command = command_of(row.content)
        if command is not None:
            return _Verdict(text=await self._obey(command, row.content), answered=True)
        given = self.conversation.given_answer(row.request_id)
        if given is not None:  # only the telling of it was cut off
            return _Verdict(text=given, answered=True)
        try:
            turn = await self._player.play(row)
        except durable.DiskFull as error:
            self.feed.settle(_turn_of(row, _Verdict(text=f"{error.what}; it is tried again", answered=False)))
            await self._player.drop()
            raise
        except NexdiagError as error:
            said, why = error.what, f"{error.what} ({error.hint})" if error.hint else error.what
        except Exception as error:  # noqa: BLE001 - a fault of ours must not take the daemon along
            said = f"internal error: {error!r}"
            why = f"{said} (see: nexdiag service logs)"
            if self._fault():
                why = f"{why}; {_PAUSED}"
        else:
            if turn.outcome == "answered" and turn.reply is not None:
                note = f"\n\n[{turn.error}]" if turn.error else ""  # an answer that is cut does not look whole
                return _Verdict(text=turn.reply + note, answered=True)
            return _Verdict(text=turn.error or turn.outcome, answered=False)
        self._report("ERROR", f"chat {self.number}: {said}")
        await self._player.drop()  # the next question gets a new one, on what the journal holds by then
        return _Verdict(text=why, answered=False)

    async def _obey(self, command: str, text: str) -> str:
        """The answer to a slash command. Whatever goes wrong with it is its answer."""
        try:
            if command == "compact":
                return await self._player.compact()
            standing = self.standing()
            return reply_to(command, text, msgspec.structs.replace(standing, waiting=max(standing.waiting - 1, 0)))
        except NexdiagError as error:
            return error.what
        except Exception as error:  # noqa: BLE001 - as in a turn
            self._report("ERROR", f"chat {self.number}: /{command}: internal error: {error!r}")
            return f"/{command} failed: {error!r} (see: nexdiag service logs)"

    def _fault(self) -> bool:
        """A fault of ours has happened; whether the chat pauses now."""
        if not self._crashes.spend(self._clock()):
            return False
        with contextlib.suppress(NexdiagError):
            self._paused_at = max((row.id for row in self.conversation.mailbox.questions()), default=0)
            self._report("ERROR", f"chat {self.number}: {_PAUSED}")
        return self.paused

    def _complain(self, why: str) -> None:
        if why != self._trouble:
            self._report("ERROR", f"chat {self.number}: {why}; it is tried again")
        self._trouble = why

    def _report(self, level: str, text: str, turn: int | None = None) -> None:
        """One log line; those of a turn name its number and its question, wherever they come from."""
        if self._asked is not None and "request_id=" not in text:
            number = f"turn={turn}, " if turn is not None else ""
            text = f"{text} ({number}request_id={self._asked})"
        self._log.write(level, text, turn=turn, session=self.conversation.directory.name)


def _turn_of(row: Row, verdict: _Verdict) -> Turn:
    """For followers, where no turn was told: number 0."""
    if verdict.answered:
        return Turn(number=0, said=row.content, reply=verdict.text)
    outcome = CANCELLED if verdict.text == CANCELLED else "failed"
    return Turn(number=0, said=row.content, outcome=outcome, error=verdict.text)
