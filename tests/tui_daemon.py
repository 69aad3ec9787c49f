"""A daemon for tests of the terminal UI that does what the test says, and an application on it."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from model_server import PATIENCE
from textual.app import App
from textual.pilot import Pilot

from nexdiag.agent import progress as told
from nexdiag.core.errors import DaemonError, NexdiagError
from nexdiag.core.message import Message
from nexdiag.core.turn import Turn
from nexdiag.tui.app import ChatApp


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What a follower hears."""

    progress: told.Progress


class ScriptedDaemon:
    """Chats with a history; what is asked is kept, what is told is what the test tells."""

    def __init__(self, *histories: Sequence[Message]) -> None:
        self.histories = {at: list(messages) for at, messages in enumerate(histories or ((),))}
        self.rows: dict[int, dict[str, Any]] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.down = False
        self.refuses: dict[str, str] = {}
        self.settled: dict[str, tuple[str, str]] = {}
        self.running: set[int] = set()
        self.replay: dict[int, list[told.Progress]] = {}
        self.recording: str | None = None
        self._followers: dict[int, list[asyncio.Queue[told.Progress | None]]] = {}

    def of(self, cmd: str) -> list[dict[str, Any]]:
        """What was asked with this command."""
        return [values for name, values in self.asked if name == cmd]

    @property
    def following(self) -> list[int]:
        """The chats that are followed."""
        return [chat for chat, queues in self._followers.items() if queues]

    def tell(self, *lines: told.Progress, chat: int = 0) -> None:
        """Tell every follower of a chat."""
        for queue in self._followers.get(chat, []):
            for line in lines:
                queue.put_nowait(line)

    def break_off(self, *, down: bool = True) -> None:
        """Every connection breaks; with `down`, no new one comes about."""
        self.down = down
        for queue in itertools.chain(*self._followers.values()):
            queue.put_nowait(None)

    async def ask(self, cmd: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - as the protocol has it
        """One request."""
        self.asked.append((cmd, values))
        if self.down:
            raise DaemonError("no daemon runs for here", hint="start it")
        if cmd in self.refuses:
            raise DaemonError(self.refuses[cmd])
        answers = {"list_chats": self._list, "chat_history": self._history, "create_chat": self._create}
        if cmd == "wait_reply":
            return await self._wait(values["request_id"])
        return answers.get(cmd, lambda **_: {"recording": self.recording})(**values)

    def _list(self) -> dict[str, Any]:
        base = {"executor": "nex", "model": "qwen3-coder", "name": ""}
        return {"chats": [{"chat_id": chat, **base, **self.rows.get(chat, {})} for chat in self.histories]}

    def _history(self, *, chat_id: int, limit: int = 50, before: int | None = None) -> dict[str, Any]:
        messages = self.histories[chat_id]
        end = len(messages) if before is None else before
        first = max(0, end - limit)
        shown = [msgspec.to_builtins(message) for message in messages[first:end]]
        return {"messages": shown, "first": first, "total": len(messages)}

    def _create(self, **values: str) -> dict[str, Any]:
        number = max(self.histories, default=-1) + 1
        self.histories[number] = []
        self.rows[number] = {"name": values.get("name", "")}
        return {"chat_id": number}

    async def _wait(self, request_id: str) -> dict[str, Any]:
        while request_id not in self.settled:  # noqa: ASYNC110 - the test sets it as a plain dict
            await asyncio.sleep(0.01)
        role, content = self.settled[request_id]
        return {"settled": True, "role": role, "content": content}

    async def follow(
        self, chat_id: int, *, began: "asyncio.Future[dict[str, Any]] | None" = None
    ) -> AsyncGenerator[Line, None]:
        """What is told, from here on."""
        if self.down:
            raise DaemonError("no daemon runs for here", hint="start it")
        queue: asyncio.Queue[told.Progress | None] = asyncio.Queue()
        for line in self.replay.get(chat_id, []):
            queue.put_nowait(line)
        self._followers.setdefault(chat_id, []).append(queue)
        try:
            if began is not None:
                began.set_result({"running": chat_id in self.running})
            while (line := await queue.get()) is not None:
                yield Line(progress=line)
            raise DaemonError("the daemon went away")
        finally:
            self._followers[chat_id].remove(queue)


class Clock:
    """Seconds that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def app_on(
    daemon: ScriptedDaemon, state: Path, *, chat: int | None = None, clock: Callable[[], float] | None = None
) -> ChatApp:
    """The application; its waits are short and its clock stands still."""
    ids = itertools.count(1)

    async def start() -> str:
        if "start" in daemon.refuses:
            raise NexdiagError(daemon.refuses["start"], hint="see the log")
        daemon.down = False
        daemon.asked.append(("start", {}))
        return "started the daemon (PID 7)"

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))

    return ChatApp(
        daemon,
        state,
        start=start,
        new_request_id=lambda: f"r{next(ids)}",
        chat=chat,
        clock=clock or Clock(),
        sleep=sleep,
    )


async def until(pilot: Pilot[Any], holds: Callable[[], object]) -> None:
    """Until it holds; the test fails if that does not come to pass."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await pilot.pause(0.005)
    await pilot.pause()


async def opened(pilot: Pilot[Any], daemon: ScriptedDaemon, chat: int = 0) -> None:
    """Until the chat is followed and its history is shown."""
    app = pilot.app
    assert isinstance(app, ChatApp)
    await until(pilot, lambda: chat in daemon.following and app.desk.chat == chat and app.talk.here)


def screen_text(app: App[Any]) -> str:
    """What the terminal shows, as plain text, without the blanks at the ends of lines."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    assert len(lines) == height
    return "\n".join(strip.text[:width].rstrip() for strip in lines) + "\n"


def turn(number: int = 1, said: str = "hello", **more: Any) -> Turn:  # noqa: ANN401 - fields of a turn
    """A turn."""
    return Turn(number=number, said=said, **more)
