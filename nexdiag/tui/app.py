"""The application: it says to the daemon what the user wants, and to the screen what the daemon tells.

Law: what may fail is told in a line and leaves what was typed where it is; the chat that is shown is the one that is
asked, whatever was shown when an answer comes.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from nexdiag.agent.progress import Progress, TurnEnded
from nexdiag.core.errors import NexdiagError, UsageError
from nexdiag.report.visible import one_line
from nexdiag.tui import memory, slash
from nexdiag.tui.chats import ChatList
from nexdiag.tui.desk import Desk
from nexdiag.tui.entries import Said
from nexdiag.tui.link import delays, stay
from nexdiag.tui.prompt import Prompt
from nexdiag.tui.reading import Reading
from nexdiag.tui.recall import Recall
from nexdiag.tui.status import Facts
from nexdiag.tui.talk import Talk
from nexdiag.tui.view import Sleep
from nexdiag.tui.words import Daemon, Page, read_page

_LOOK = 2.0
"""Seconds between two looks at the list of chats."""
_TICK = 0.25
_GRACE = 1.0
"""Seconds after an outcome in which the turn that it belongs to may still be told."""
_SILENT_BREAKS = 1
"""Breaks in a row that the user is not told of: being too slow a reader is over at once."""

Start = Callable[[], Coroutine[Any, Any, str]]


class ChatApp(Reading):
    """The terminal UI. It returns the error that ended it, if one did."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "leave", priority=True),
        Binding("ctrl+n", "new_chat", "new chat", priority=True),
        Binding("ctrl+r", "start_daemon", "start the daemon", priority=True),
        Binding("f1", "guide", "help", priority=True),
        Binding("question_mark", "guide", "help", show=False),
        Binding("f2", "list", "list of chats", priority=True),
        Binding("f6", "beside(-1)", "chat before", priority=True),
        Binding("f7", "beside(1)", "next chat", priority=True),
        Binding("escape", "cancel", "cancel", show=False),
        *(Binding(f"alt+{at},ctrl+{at}", f"nth({at})", show=False, priority=True) for at in range(1, 10)),
    ]

    def __init__(  # noqa: PLR0913 - the outside world, one argument for each part of it
        self,
        daemon: Daemon,
        state: Path,
        *,
        start: Start,
        new_request_id: Callable[[], str],
        chat: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`start` starts the daemon and says so in a sentence; `chat` is the chat to show first."""
        self.state = state
        self.remembered = memory.load(state)
        desk = Desk(daemon, self.remembered, new_request_id=new_request_id)
        super().__init__(desk, Recall(self.remembered.said), sleep=sleep)
        self.talk = Talk(self.view, clock=clock, changed=self.show_status)
        self._wanted = chat
        self._start = start
        self._sleep = sleep
        self._opened = False
        """Whether a chat is shown."""
        self._breaks = 0
        self._queued: dict[int, list[Said]] = {}
        """What waits in the chats that are not shown."""

    def on_mount(self) -> None:
        """The first look at the daemon; the clock of a turn."""
        self._tick = self.set_interval(_TICK, self._turn_on, pause=True)
        self._begin_again()

    def _begin_again(self) -> None:
        self.begin(self._begin, "begin", alone=True)

    # ---- the daemon

    async def _begin(self) -> None:
        """Show a chat; go on trying until one is shown."""
        waits = delays()
        try:
            while True:
                try:
                    await self._reach()
                    await self.desk.choose(self._wanted)
                    break
                except UsageError:
                    raise
                except NexdiagError as error:
                    self.talk.away = True
                    self.show_status()
                    self.banner.show(f"{error.what}\nTrying again. Ctrl+R tries at once.")
                    await self._sleep(next(waits))
        except UsageError as error:
            self.exit(error)
            return
        self._opened = True
        await self.open_chat(self.desk.chat, fresh=True)
        self.set_interval(_LOOK, self.look_again)

    async def _reach(self) -> None:
        """Look at the daemon; where there is none, start it first."""
        try:
            await self.desk.look()
        except NexdiagError:
            self.banner.show("No daemon runs here: starting one…")
            sentence = await self._start()
            await self.desk.look()
            self.say(sentence)
        self.talk.away = False
        self.banner.show("")

    def look_again(self) -> None:
        """See what chats there are by now."""
        self.begin(self._look, "look", alone=True)

    async def _look(self) -> None:
        with contextlib.suppress(NexdiagError):  # the link tells of a daemon that is gone
            await self.desk.look()
            self.show_list()
            self.show_status()

    def action_start_daemon(self) -> None:
        """Start the daemon, if it is gone."""
        if not self.talk.away:
            self.say("the daemon runs")
        elif not self._opened:
            self._begin_again()
        else:
            self._attempt(self._restart)

    async def _restart(self) -> None:
        await self._reach()
        self._follow()

    def _follow(self) -> None:
        """Follow the chat that is shown, and no other."""
        self.begin(partial(stay, self.desk.daemon, self.desk.chat, self, sleep=self._sleep), "follow", alone=True)

    # ---- what the link tells

    async def joined(self, page: Page, *, running: bool) -> None:
        """The chat is followed, from here on."""
        self._breaks = 0
        self.banner.show("")
        self.view.greeting = f"{one_line(self.desk.row.title)}\n\nSay something below.\nF1 shows the keys."
        await self.talk.joined(page, running=running)
        self.look_again()

    def told(self, progress: Progress) -> None:
        """The executor told something."""
        self.talk.told(progress)
        if isinstance(progress, TurnEnded):
            self.begin(self._count, "count", alone=True)

    def lost(self, error: NexdiagError, delay: float) -> None:
        """The connection broke."""
        self._breaks += 1
        if self._breaks > _SILENT_BREAKS:
            self.talk.lost()
            again = f"again in {delay:.0f} s" if delay >= 1 else "trying again"
            self.banner.show(f"{error.what}: {again}\nWhat you type stays. Ctrl+R starts the daemon.")

    async def _count(self) -> None:
        """How long the history is after a turn, and what the list of chats says."""
        transcript = self.view.transcript
        with contextlib.suppress(NexdiagError):
            page = read_page(await self.desk.daemon.ask("chat_history", chat_id=self.desk.chat, limit=1))
            if self.view.transcript is transcript and not self.talk.running:
                transcript.total = page.total
        await self._look()

    # ---- what is shown around the conversation

    def _turn_on(self) -> None:
        self.show_status()
        self.view.spin(int(self.talk.seconds / _TICK))

    def show_status(self) -> None:
        """The status line, and its clock while a turn runs."""
        talk, row = self.talk, self.desk.row
        if talk.running:
            self._tick.resume()
        else:
            self._tick.pause()
        waiting = len(talk.transcript.waiting())
        self.status.show(
            Facts(
                model=row.model,
                executor=row.executor,
                usage=talk.usage,
                used=talk.used,
                window=talk.window,
                recording=self.desk.recording,
                doing=talk.doing,
                seconds=talk.seconds,
                waiting=waiting if talk.running else 0,
                away=talk.away,
            )
        )

    def show_list(self) -> None:
        """The list of chats."""
        self.listing.show(self.desk.rows, self.desk.chat, self.desk.unread)

    # ---- chats

    async def open_chat(self, chat_id: int, *, fresh: bool = False) -> None:
        """Show this chat; what is typed for the one before is kept."""
        if chat_id == self.desk.chat and not fresh:
            return
        if chat_id != self.desk.chat:
            self.keep_draft()
            self._queued[self.desk.chat] = self.talk.transcript.waiting()
            self.desk.show(chat_id)
            self.prompt.put("")
        if not self.prompt.text:
            self.prompt.put(self.remembered.drafts.get(chat_id, ""))
        self.finder.leave()
        self.prompt.recall.leave()
        self.workers.cancel_group(self, "follow")
        await self.talk.reset(self._queued.pop(chat_id, []))
        self.show_list()
        self._follow()

    def keep_draft(self) -> None:
        """What is typed belongs to the chat that is shown."""
        self.remembered.drafts.pop(self.desk.chat, None)
        if self.prompt.text:
            self.remembered.drafts[self.desk.chat] = self.prompt.text

    def action_nth(self, at: int) -> None:
        """The chat at this place of the list."""
        if at <= len(self.desk.rows):
            self._open(self.desk.rows[at - 1].chat_id)

    def action_beside(self, direction: int) -> None:
        """The chat before or after."""
        self._open(self.desk.beside(direction))

    def on_chat_list_chosen(self, event: ChatList.Chosen) -> None:
        """A chat was chosen in the list."""
        self._open(event.chat_id)
        self.prompt.focus()

    def _open(self, chat_id: int) -> None:
        if self._opened:
            self.begin(partial(self.open_chat, chat_id), "open", alone=True)

    def action_new_chat(self, name: str = "") -> None:
        """A new chat, and show it."""
        self._attempt(partial(self._create, name))

    async def _create(self, name: str) -> None:
        chat_id = await self.desk.create(name)
        await self.desk.look()
        await self.open_chat(chat_id)

    # ---- saying

    def on_prompt_said(self, event: Prompt.Said) -> None:
        """Enter: a command, or something to say."""
        text = event.text
        command = slash.read(text)
        if not text.strip():
            return
        if isinstance(command, slash.Unknown):
            self.say(command.why, wrong=True)
        elif command is not None:
            self.prompt.put("")
            self.prompt.recall.add(text)
            self._command(command)
        elif self.talk.away or not self._opened:
            self.say("not sent: the daemon is away; your text stays here", wrong=True)
        else:
            self._send(text)

    def _send(self, text: str) -> None:
        request_id = self.desk.request_id(text)
        self.talk.transcript.ask(text, request_id)
        self.prompt.put("")
        self.prompt.recall.add(text)
        self.view.to_end()
        self.view.touch()
        self.show_status()
        self.begin(partial(self._deliver, text, request_id, self.desk.chat), "say")

    async def _deliver(self, text: str, request_id: str, chat: int) -> None:
        try:
            await self.desk.say(chat, text, request_id)
        except NexdiagError as error:
            self.talk.withdraw(request_id)
            self._give_back(text, chat)
            self.say(f"not sent: {error.what}", wrong=True)
            return
        with contextlib.suppress(NexdiagError):  # the link tells of it, and history has what came of it
            outcome = await self.desk.outcome(chat, request_id)
            await self._sleep(_GRACE)
            self.talk.settle(request_id, outcome)
            for other, queued in self._queued.items():
                self._queued[other] = [said for said in queued if said.request_id != request_id]

    def _give_back(self, text: str, chat: int) -> None:
        """What could not be sent, to where it was typed."""
        here = chat == self.desk.chat
        typed = self.prompt.text if here else self.remembered.drafts.get(chat, "")
        whole = f"{text}\n{typed}" if typed else text
        if here:
            self.prompt.put(whole)
        else:
            self.remembered.drafts[chat] = whole

    def _command(self, command: slash.Command) -> None:
        kinds: dict[str, Callable[[], object]] = {
            "help": self.action_guide,
            "new": lambda: self.action_new_chat(command.rest),
            "compact": self.action_compact,
            "search": lambda: self.action_find(command.rest),
            "copy": self.action_copy_answer,
            "quit": self.action_leave,
        }
        kinds[command.name]()

    def action_compact(self) -> None:
        """Shorten the conversation."""
        self._attempt(self.desk.compact)

    def action_cancel(self) -> None:
        """Esc: cancel the turn, if one runs; then back to the input."""
        if self.talk.running:
            self._attempt(self.desk.cancel)
        self.prompt.focus()

    def _attempt(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Ask the daemon for something; what goes wrong is told."""

        async def tried() -> None:
            try:
                await work()
            except NexdiagError as error:
                self.say(error.what, wrong=True)

        self.begin(tried, "ask")

    def action_leave(self) -> None:
        """Leave; the daemon goes on."""
        trouble = self.remember()
        self.exit(NexdiagError(trouble) if trouble else None)

    def remember(self) -> str | None:
        """Keep what was typed for the next life. Returns why it could not be, if so."""
        if self._opened:
            self.keep_draft()
        self.remembered.said = self.prompt.recall.said
        return memory.save(self.state, self.remembered)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the command palette offers."""
        del screen
        yield SystemCommand("Help", "Keys and commands", self.action_guide)
        yield SystemCommand("New chat", "Begin a new chat", self.action_new_chat)
        yield SystemCommand("Next chat", "Show the next chat", lambda: self.action_beside(1))
        yield SystemCommand("List of chats", "Show or hide it", self.action_list)
        yield SystemCommand("Find", "Find text in this chat", self.action_find)
        yield SystemCommand("Copy the last answer", "To the terminal's clipboard", self.action_copy_answer)
        yield SystemCommand("Compact", "Shorten the conversation now", self.action_compact)
        yield SystemCommand("Light or dark", "Change the colours", self.action_shade)
        yield SystemCommand("Start the daemon", "If it is gone", self.action_start_daemon)
        yield SystemCommand("Quit", "Leave; the daemon goes on", self.action_leave)
