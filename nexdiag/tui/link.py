"""Staying in touch with one chat: its history, then what its executor tells; after a break again, with patience.

Law: no break is final, and none is hidden: the listener is told of each, and gets the chat anew when it is over.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Protocol

from nexdiag.agent.progress import Progress
from nexdiag.core.errors import NexdiagError
from nexdiag.tui.past import joined, whole
from nexdiag.tui.words import Daemon, Page, Told, read_page

PAGE = 20
"""Messages that are loaded at once."""
_MORE = 10
_FIRST_DELAY, _LONGEST_DELAY = 0.2, 10.0


class Listener(Protocol):
    """Who is told."""

    async def joined(self, page: Page, *, running: bool) -> None:
        """The newest history; with a turn under way, that turn will be told from its beginning."""

    def told(self, progress: Progress) -> None:
        """The executor told this."""

    def lost(self, error: NexdiagError, delay: float) -> None:
        """The connection broke; it is tried again after so many seconds."""


def delays() -> Iterator[float]:
    """Seconds between one try and the next: short at first, never more than ten."""
    delay = _FIRST_DELAY
    while True:
        yield delay
        delay = min(delay * 2, _LONGEST_DELAY)


async def earlier(daemon: Daemon, chat_id: int, before: int | None, limit: int = PAGE) -> Page:
    """The messages before that place, or the newest; a tool's output never without its call."""
    values = {} if before is None else {"before": before}
    page = read_page(await daemon.ask("chat_history", chat_id=chat_id, limit=limit, **values))
    while not whole(page):
        older = read_page(await daemon.ask("chat_history", chat_id=chat_id, limit=_MORE, before=page.first))
        if not older.messages or older.first >= page.first:
            break
        page = joined(older, page)
    return page


async def stay(
    daemon: Daemon, chat_id: int, listener: Listener, *, sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep
) -> None:
    """Follow a chat until cancelled."""
    waits = delays()
    while True:
        try:
            async with _following(daemon, chat_id) as (greeting, lines):
                page = await earlier(daemon, chat_id, None)
                await listener.joined(page, running=bool(greeting.get("running")) or not lines.empty())
                waits = delays()
                while (progress := await lines.get()) is not None:
                    listener.told(progress)
        except NexdiagError as error:
            delay = next(waits)
            listener.lost(error, delay)
            await sleep(delay)


@contextlib.asynccontextmanager
async def _following(
    daemon: Daemon, chat_id: int
) -> AsyncIterator[tuple[dict[str, Any], "asyncio.Queue[Progress | None]"]]:
    """The daemon's greeting, and what it tells, ended by None; when the block ends, why the telling did is raised."""
    began: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    lines: asyncio.Queue[Progress | None] = asyncio.Queue()
    pump = asyncio.create_task(_pump(daemon.follow(chat_id, began=began), lines))
    try:
        both: set[asyncio.Future[Any]] = {began, pump}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not began.done():
            await pump
        yield began.result() if began.done() else {}, lines
        await pump
    finally:
        pump.cancel()
        await asyncio.gather(pump, return_exceptions=True)
        began.cancel()


async def _pump(stream: AsyncGenerator[Told, None], lines: "asyncio.Queue[Progress | None]") -> None:
    """Read as fast as it comes, so that the daemon does not take us for overloaded."""
    try:
        async with contextlib.aclosing(stream) as told_lines:
            async for told in told_lines:
                lines.put_nowait(told.progress)
    finally:
        lines.put_nowait(None)
