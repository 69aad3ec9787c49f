"""Staying in touch with a chat."""

import asyncio
import itertools
from collections.abc import Callable

import pytest
from model_server import PATIENCE
from tui_daemon import ScriptedDaemon, turn

from nexdiag.agent import progress as told
from nexdiag.core.errors import NexdiagError
from nexdiag.core.message import Message
from nexdiag.tui.link import delays, earlier, stay
from nexdiag.tui.words import Page

pytestmark = pytest.mark.anyio


class Heard:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.lines: list[object] = []
        self.delays: list[float] = []

    async def joined(self, page: Page, *, running: bool) -> None:
        self.lines.append(("joined", [message.text for message in page.messages], running))

    def told(self, progress: told.Progress) -> None:
        self.lines.append(progress)

    def lost(self, error: NexdiagError, delay: float) -> None:
        self.lines.append(("lost", error.what))
        self.delays.append(delay)


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - whatever the test looks at
            await asyncio.sleep(0)


async def test_history_then_what_is_told_then_after_a_break_the_chat_anew() -> None:
    """No reply is missed over a break: history has it (reference faults 67, 75)."""
    daemon, heard = ScriptedDaemon([Message(role="user", content="a")]), Heard()

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)

    following = asyncio.create_task(stay(daemon, 0, heard, sleep=sleep))
    delta = told.TextDelta(text="x")
    await until(lambda: heard.lines)
    daemon.tell(delta)
    await until(lambda: len(heard.lines) == 2)
    daemon.break_off()
    await until(lambda: len(heard.delays) == 3)
    daemon.histories[0].append(Message(role="assistant", content="b"))
    daemon.down = False
    await until(lambda: heard.lines[-1] == ("joined", ["a", "b"], False))
    daemon.break_off()
    await until(lambda: heard.delays[-1] == 0.2)  # it was well in between: patience begins anew
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert heard.lines[:3] == [("joined", ["a"], False), delta, ("lost", "the daemon went away")]
    assert heard.delays[:3] == list(itertools.islice(delays(), 3))
    assert daemon.following == []


async def test_a_turn_under_way_is_told_before_it_is_joined() -> None:
    daemon, heard = ScriptedDaemon([]), Heard()
    daemon.running = {0}
    daemon.replay[0] = [told.TurnStarted(turn=turn())]
    following = asyncio.create_task(stay(daemon, 0, heard))
    await until(lambda: len(heard.lines) == 2)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert heard.lines == [("joined", [], True), daemon.replay[0][0]]


def test_patience_grows_and_has_an_end() -> None:
    first = list(itertools.islice(delays(), 8))
    assert first == sorted(first)
    assert (first[0], first[-1]) == (0.2, 10.0)


async def test_a_page_never_begins_with_a_tools_output() -> None:
    """The call is fetched with it; a history that holds nothing but outputs does not hang."""
    said = [Message(role="user", content=str(at)) for at in range(30)]
    tools = [Message(role="tool", content="x", tool_call_id="a")] * 25
    page = await earlier(ScriptedDaemon([*said, *tools]), 0, None)
    assert page.messages[0].role == "user"
    assert page.first + len(page.messages) == page.total == 55
    assert (await earlier(ScriptedDaemon(tools), 0, None)).first == 0
