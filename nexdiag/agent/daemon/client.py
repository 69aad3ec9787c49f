"""The daemon's socket for programs that do other things meanwhile: one connection a request, one for each following.

Reconnecting is the caller's business: whatever goes wrong is a `DaemonError`, and the next request starts anew.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

from nexdiag.agent.daemon import ipc
from nexdiag.agent.daemon.place import ServicePlace, socket_address
from nexdiag.agent.daemon.protocol import LONGEST_LINE, Told, read_told
from nexdiag.core.errors import DaemonError

_GRACE = 5.0
"""Seconds on top of what the daemon was asked to wait."""
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class DaemonClient:
    """Asks the daemon of one state directory, and follows its chats."""

    def __init__(self, state: Path) -> None:
        """Nothing is connected yet."""
        self.state = state
        self._place = ServicePlace(state)

    async def ask(self, cmd: str, *, timeout: float = 10.0, **values: Any) -> dict[str, Any]:  # noqa: ANN401, ASYNC109 - JSON; the daemon is told it
        """One request, one answer.

        Raises `DaemonError` if none answers, or it says no, and `UsageError` for a request that no daemon would read.
        """
        line = ipc.request(cmd, timeout=timeout, **values)
        async with self._connected(line) as reader:
            try:
                async with asyncio.timeout(timeout + _GRACE):
                    reply = await _line(reader)
            except TimeoutError as error:
                raise DaemonError(f"the daemon did not answer within {timeout:g} s", hint=ipc.LOGS) from error
        return ipc.answered(reply)

    async def follow(
        self, chat_id: int, *, began: "asyncio.Future[dict[str, Any]] | None" = None
    ) -> AsyncGenerator[Told, None]:
        """What the chat's executor tells, from the beginning of the turn that is under way; `began` gets the greeting.

        It ends only by `DaemonError`: the daemon stopped, refused, or this reader was too slow (`overloaded`). Close
        it (`contextlib.aclosing`) to hang up.
        """
        async with self._connected(ipc.request("follow_chat", chat_id=chat_id)) as reader:
            greeting = ipc.answered(await _line(reader))
            if began is not None and not began.done():
                began.set_result(greeting)
            while True:
                told = read_told(await _line(reader))
                if isinstance(told, str):
                    raise DaemonError(f"the daemon says: {told}", hint=ipc.LOGS)
                yield told

    @contextlib.asynccontextmanager
    async def _connected(self, line: bytes) -> AsyncIterator[asyncio.StreamReader]:
        """A connection on which the request was sent; hung up at the end."""
        writer = None
        try:
            reader, writer = await self._connect()
            writer.write(line)
            await writer.drain()
            yield reader
        except OSError as error:
            raise ipc.nobody(self.state) from error
        finally:
            if writer is not None:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def _connect(self) -> _Streams:
        directory = None
        try:
            address, directory = socket_address(self._place.socket)
            return await asyncio.open_unix_connection(address, limit=LONGEST_LINE)
        finally:
            if directory is not None:
                os.close(directory)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        line = await reader.readline()
    except ValueError as error:
        raise DaemonError(f"the daemon's answer is longer than {LONGEST_LINE} bytes", hint=ipc.LOGS) from error
    if not line.endswith(b"\n"):
        raise DaemonError("the daemon went away", hint=ipc.LOGS)
    return line
