"""A daemon in this very process, with a real executor behind it, for tests that look inside while it works."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from model_server import PATIENCE

from nexdiag.agent.client import ChatClient
from nexdiag.agent.daemon import ipc
from nexdiag.agent.daemon.chats import MakeExecutor
from nexdiag.agent.daemon.server import Daemon
from nexdiag.agent.driver import Driver
from nexdiag.agent.loop import Machine
from nexdiag.agent.progress import Tell
from nexdiag.agent.session.conversation import Conversation
from nexdiag.agent.session.registry import Registry
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.turn import LogLine

_NUMBERS = itertools.count(1)


def executor(url: str) -> MakeExecutor:
    """Makes the executor of a chat, on what its journal holds; it does not wait between attempts."""

    async def make(conversation: Conversation, tell: Tell) -> Driver:
        endpoint = Endpoint(base_url=f"{url}/v1", model="m", profile=Profile(name="p", title=""))
        conversation.begin(model=endpoint.model, provider=endpoint.base_url, system="be kind", tools=())
        return Driver(
            Machine(conversation.messages),
            ChatClient(endpoint, httpx.AsyncHTTPTransport()),
            system="be kind",
            journal=conversation.journal,
            tell=tell,
            sleep=at_once,
            turns=conversation.turns,
        )

    return make


async def at_once(seconds: float) -> None:
    """A sleep that takes no time."""


class Hosted:
    """A daemon that serves, and what it logs."""

    def __init__(self, daemon: Daemon, serving: "asyncio.Task[None]") -> None:
        self.daemon = daemon
        self.serving = serving
        self.state = daemon.place.state
        self.lines: list[LogLine] = []

    async def ask(self, cmd: str, **values: object) -> dict[str, Any]:
        """Ask it as a client does, over its socket."""
        return await asyncio.to_thread(ipc.ask, self.state, cmd, **{"timeout": PATIENCE, **values})  # type: ignore[arg-type]

    async def post(self, text: str, *, chat: int = 0, request_id: str | None = None) -> str:
        """Say something; the request id."""
        name = request_id or f"said-{next(_NUMBERS)}"
        await self.ask("user_chat", message=text, request_id=name, chat_id=chat)
        return name

    async def reply(self, request_id: str, *, chat: int = 0) -> tuple[str, str]:
        """Wait for what came of it: the role and the words."""
        got = await self.ask("wait_reply", request_id=request_id, chat_id=chat)
        assert got["settled"], f"{request_id} was not settled"
        return got["role"], got["content"]

    async def say(self, text: str, *, chat: int = 0, request_id: str | None = None) -> tuple[str, str]:
        """Say something and wait for what comes of it."""
        return await self.reply(await self.post(text, chat=chat, request_id=request_id), chat=chat)

    def logged(self, words: str) -> bool:
        """Whether a line with these words was logged."""
        return any(words in line.text for line in self.lines)


@asynccontextmanager
async def hosted(state: Path, make_executor: MakeExecutor) -> AsyncIterator[Hosted]:
    """Serve for as long as the block lasts, unless it is told to stop before."""
    lines: list[LogLine] = []
    ids = itertools.count(1)
    daemon = Daemon(
        state, make_executor, clock=time.time, listener=lines.append, new_request_id=lambda: f"made-{next(ids)}"
    )
    ready = asyncio.Event()
    serving = asyncio.create_task(daemon.serve(ready.set))
    started = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, started}, return_when=asyncio.FIRST_COMPLETED)
    started.cancel()
    one = Hosted(daemon, serving)
    one.lines = lines
    try:
        yield one
    finally:
        daemon._stop.set()
        await asyncio.wait_for(serving, PATIENCE)


async def until(holds: Callable[[], object]) -> None:
    """Until it holds; a test fails if that does not come to pass."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.005)


def outbox(state: Path, chat: int = 0) -> list[dict[str, Any]]:
    """Every row of a chat's outbox."""
    path = Registry(state).directory(f"chat-{chat}") / "outbox.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
