"""A conversation with a chat of the daemon, line by line: each is posted, and what the executor tells is handed on.

Ctrl-C while a turn is under way interrupts the turn; a second one leaves. Nothing is lost by leaving: the daemon goes
on, and its reply can be fetched later.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.agent.daemon import ask
from nexdiag.agent.daemon.client import DaemonClient
from nexdiag.agent.progress import Tell, TextDelta, TextTakenBack, TurnEnded
from nexdiag.core.errors import DaemonError, NexdiagError
from nexdiag.core.message import Message
from nexdiag.core.turn import Turn

COMMANDS = {
    "/help": "what can be typed",
    "/history": "the last messages of this chat",
    "/interrupt": "end the turn that is under way",
    "/new [NAME]": "begin another chat, and go on in it",
    "/quit": "leave; the chat goes on",
    "/status /tokens /compact": "answered by the daemon",
}
_SHOWN = 20
_LEAVE = 10.0
"""Seconds that a turn gets to end after Ctrl-C."""


class Repl:
    """One conversation."""

    def __init__(self, state: Path, chat: int, *, tell: Tell, say: Callable[[str], None], timeout: float) -> None:
        """`tell` hears the turns, `say` what is beside them: hints, errors. `timeout`: seconds for one reply."""
        self.chat = chat
        self.failed = 0
        """Turns that came to no answer."""
        self._client = DaemonClient(state)
        self._tell = tell
        self._say = say
        self._timeout = timeout
        self._streamed = False
        self._behind = False
        """Whether the last line waits behind a turn of somebody else."""

    def run(self, lines: Iterable[str]) -> None:
        """Say each line, until they end. Raises `DaemonError` if the daemon is gone."""
        with asyncio.Runner() as runner:
            runner.run(self._client.ask("status"))
            for line in lines:
                text = line.strip()
                if text in ("/quit", "/exit"):
                    return
                if text:
                    self._do(runner, text)

    def _do(self, runner: asyncio.Runner, text: str) -> None:
        """One line. What goes wrong with it is told; the conversation goes on."""
        name, _, rest = text.partition(" ")
        try:
            if name in ("/help", "/?"):
                self._say("\n".join(f"{command:<26}{about}" for command, about in COMMANDS.items()))
            elif name in ("/history", "/interrupt", "/new"):
                runner.run(self._command(name, rest.strip()))
            else:
                self._ask(runner, text)
        except NexdiagError as error:
            self.failed += 1
            self._say(f"error: {error.what}" + (f" ({error.hint})" if error.hint else ""))

    def _ask(self, runner: asyncio.Runner, text: str) -> None:
        request_id = ask.new_request_id()
        ask.check(text)
        try:
            runner.run(self._one(text, request_id))
        except KeyboardInterrupt:  # a second one leaves
            if self._behind:  # the turn under way is somebody else's
                late = f"nexdiag chat --chat {self.chat} --reply {request_id}"
                self._say(f"your message waits behind another's turn, and will be answered: {late}")
                return
            self._say("interrupting; Ctrl-C again leaves")
            runner.run(self._break_off(request_id))

    async def _one(self, text: str, request_id: str) -> None:
        """Follow first, then post: nothing that is told of the turn is missed."""
        began: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        hearing = asyncio.create_task(self._hear(request_id, began))
        try:
            first: set[asyncio.Future[Any]] = {hearing, began}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if not began.done():
                self._ended(await hearing)  # it raises: nothing was followed
                return
            self._behind = bool(began.result().get("running"))
            if self._behind:
                self._say("(a turn is under way: this waits for it)")
            await self._client.ask("user_chat", message=text, request_id=request_id, chat_id=self.chat)
            async with asyncio.timeout(self._timeout):
                self._ended(await hearing)
        except TimeoutError as error:
            hint = f"it goes on; fetch the reply later with: nexdiag chat --chat {self.chat} --reply {request_id}"
            raise DaemonError(f"no reply within {self._timeout:g} s", hint=hint) from error
        finally:
            hearing.cancel()
            with contextlib.suppress(asyncio.CancelledError, DaemonError):
                await hearing

    async def _hear(self, request_id: str, began: "asyncio.Future[dict[str, Any]]") -> Turn:
        """The question's turn, when it is over."""
        self._streamed = False
        async with contextlib.aclosing(self._client.follow(self.chat, began=began)) as following:
            async for told in following:
                if told.request_id != request_id:
                    continue
                self._behind = False
                if isinstance(told.progress, TurnEnded):
                    return self._shown(told.progress.turn)
                if isinstance(told.progress, TextDelta | TextTakenBack):
                    self._streamed = isinstance(told.progress, TextDelta)
                self._tell(told.progress)
        raise DaemonError("the daemon told no end of the turn")

    def _shown(self, turn: Turn) -> Turn:
        """An answer that did not stream is shown whole: a slash command's, one from before a crash."""
        if turn.reply and not self._streamed:
            self._tell(TextDelta(text=turn.reply))
        self._tell(TurnEnded(turn=turn))
        return turn

    def _ended(self, turn: Turn) -> None:
        if turn.outcome != "answered":
            self.failed += 1
            self._say(turn.outcome if turn.outcome == turn.error or not turn.error else f"error: {turn.error}")

    async def _break_off(self, request_id: str) -> None:
        await self._client.ask("interrupt_chat", chat_id=self.chat)
        came = await self._client.ask("wait_reply", request_id=request_id, chat_id=self.chat, timeout=_LEAVE)
        self._say(str(came.get("content", "it has not ended yet")))

    async def _command(self, name: str, rest: str) -> None:
        if name == "/interrupt":
            got = await self._client.ask("interrupt_chat", chat_id=self.chat)
            self._say("interrupted" if got.get("interrupted") else "no turn is under way")
        elif name == "/new":
            made = await self._client.ask("create_chat", name=rest or None)
            self.chat = int(made["chat_id"])
            self._say(f"chat {self.chat}: {made['name']}")
        else:
            got = await self._client.ask("chat_history", chat_id=self.chat, limit=_SHOWN)
            for message in msgspec.convert(got["messages"], tuple[Message, ...]):
                self._say(line_of(message))


def line_of(message: Message) -> str:
    """A message of a history, for people."""
    calls = "".join(f" [{call.name} {call.arguments}]" for call in message.tool_calls)
    return f"{message.role}: {message.text}{calls}"
