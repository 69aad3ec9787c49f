"""One MCP server, from its start to its end.

Law: the session of the `mcp` package is entered and left in one task, which this file owns; whatever the server does,
it costs one line and its own tools, never the turn; when it ends, so does all that it started.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import anyio
import msgspec
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp import ClientSession, MCPError, types
from mcp.shared.message import SessionMessage

from nexdiag.agent.child import Child
from nexdiag.agent.config import McpServer
from nexdiag.agent.mcp.contents import as_text
from nexdiag.agent.tools.processes import GRACE
from nexdiag.agent.tools.shell import safe_environment
from nexdiag.codec import jsontext
from nexdiag.codec.chat.error import visible
from nexdiag.core.errors import ToolError
from nexdiag.core.version import VERSION

for _name in ("mcp", "client"):  # what they log, we tell: the last resort of `logging` would write on the terminal
    logging.getLogger(_name).addHandler(logging.NullHandler())

MOST_TOOLS = 128
"""Of one server: OpenAI takes no more in all."""
_PAGES = 50
_POLITE = 0.5
"""Seconds for a server to end when its input is closed, before it is asked by signal."""
_SHOWN = 300

_Incoming = MemoryObjectSendStream[SessionMessage | Exception]
_Outgoing = MemoryObjectReceiveStream[SessionMessage]


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as the server offers it."""

    name: str
    description: str | None
    schema: dict[str, Any]


class Connection:
    """A server and the session with it."""

    def __init__(
        self, name: str, entry: McpServer, *, environment: Mapping[str, str], directory: Path, grace: float = GRACE
    ) -> None:
        """Nothing is started yet. The server sees no secret of ours, but what its own entry gives it."""
        self.name = name
        self.offered: tuple[Offered, ...] = ()
        """Its tools, once it has started."""
        self.trouble: str | None = None
        """Why it did not start, or how it ended: one line."""
        self._entry = entry
        self._environment = safe_environment(environment) | entry.env
        self._directory = directory
        self._grace = grace
        self._session: ClientSession | None = None
        self._garbage = ""
        self._ready = asyncio.Event()
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._left: set[asyncio.Task[types.CallToolResult]] = set()
        """Calls that nobody waits for any more, while the server is told so."""

    async def start(self, seconds: float) -> None:
        """Start it, and learn its tools; `trouble` says what went wrong. It is given up after that many seconds."""
        self._task = asyncio.create_task(self._live())
        ready = asyncio.create_task(self._ready.wait())
        try:
            await asyncio.wait({ready, self._task}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if self._session is None and self.trouble is None:
            self.trouble = self._line(f"did not answer within {seconds:g} s")
            self._task.cancel()

    async def call(self, tool: str, arguments: dict[str, Any]) -> str:
        """What the tool gives, as text. Raises ToolError for every way in which it can fail."""
        if self._session is None or self._task is None:
            raise ToolError(self.trouble or self._line("has been closed"), hint="do without it")
        asked = types.CallToolRequest(
            params=types.CallToolRequestParams(name=tool, arguments=jsontext.mended(arguments))
        )
        try:
            given = await self._answer(asyncio.create_task(self._session.send_request(asked, types.CallToolResult)))
        except MCPError as error:
            if error.code != types.CONNECTION_CLOSED:
                raise ToolError(_words(error)) from error
            await asyncio.wait({self._task}, timeout=_POLITE + 2 * self._grace)  # it knows how the server ended
            raise ToolError(self.trouble or self._line("has ended"), hint="do without its tools") from error
        except (ValueError, RuntimeError) as error:  # an answer that is none
            raise ToolError(self._line(f"gave an answer that cannot be read: {_words(error)}")) from error
        content = given.model_dump(mode="json", by_alias=True, exclude_none=True)
        text = as_text(content.get("content"), content.get("structuredContent"))
        if given.is_error:
            raise ToolError(text)
        return text

    async def _answer(self, call: asyncio.Task[types.CallToolResult]) -> types.CallToolResult:
        """The answer in its time. A call that is given up is not waited for: its server may not even hear of it."""
        try:
            done, _ = await asyncio.wait({call}, timeout=self._entry.timeout)
        finally:
            if not call.done():
                self._left.add(call)
                call.add_done_callback(self._forget)
                call.cancel()
        if not done:
            line = self._line(f"did not answer within {self._entry.timeout:g} s")
            raise ToolError(line, hint="it may still be at work; its time limit is `timeout` in config.toml")
        if call.cancelled():  # the session's end: no wish of the user, for which it would be taken
            raise ToolError(self.trouble or self._line("has ended"), hint="do without its tools")
        return call.result()

    def _forget(self, call: asyncio.Task[types.CallToolResult]) -> None:
        self._left.discard(call)
        if not call.cancelled():
            call.exception()  # looked at, so that asyncio does not report it

    async def close(self) -> None:
        """End it and all that it started. Cancelling shortens its time to nothing."""
        self._stop.set()
        if self._task is None:
            return
        if not self._ready.is_set():  # a greeting that may never be answered does not look at the wish to stop
            self._task.cancel()
        try:
            await asyncio.wait({self._task, *self._left})
        except asyncio.CancelledError:
            self._task.cancel()
            await asyncio.wait({self._task})
            raise

    async def _live(self) -> None:
        """Its whole life, in one task: so wants it the session, whose scopes belong to the task that entered them."""
        command = [self._entry.command, *self._entry.args]
        try:
            child = await Child.start(command, environment=self._environment, directory=self._directory)
        except (OSError, ValueError) as error:
            self.trouble = self._line(f"cannot be started: {error}")
            return
        why = ""
        try:
            why = await self._serve(child)
        except Exception as error:  # noqa: BLE001 - whatever a server makes the library raise is its own end only
            why = f"failed: {_words(error)}"
        finally:
            self._session = None
            code = await _ended(child, self._grace)
            last = visible(" ".join(child.errors.strip().splitlines()[-1:]))[:_SHOWN]
            if why and self.trouble is None:
                said = f": {last}" if last else ""
                self.trouble = self._line(why.replace("CODE", code) + said)

    async def _serve(self, child: Child) -> str:
        """Be there for calls until it is told to stop, or the server ends; why it ended, if it did so by itself."""
        async with _streams() as (to_session, incoming, outgoing, from_session):
            hear = asyncio.create_task(self._hear(child, to_session))
            speak = asyncio.create_task(_speak(child, from_session))
            stop = asyncio.create_task(self._stop.wait())
            try:
                info = types.Implementation(name="nexdiag", version=VERSION)
                async with ClientSession(incoming, outgoing, client_info=info) as session:
                    if why := await self._greeted(session):
                        return why
                    await asyncio.wait({stop, hear}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (hear, speak, stop):
                    task.cancel()
                await asyncio.wait({hear, speak, stop})
        return "" if self._stop.is_set() else "has ended with exit code CODE"

    async def _greeted(self, session: ClientSession) -> str:
        """Learn its tools; why that failed, if it did. Raised errors would come out of the session in a group."""
        try:
            await _greet(session)
            self.offered = await _list(session)
        except MCPError as error:
            closed = error.code == types.CONNECTION_CLOSED
            return "ended with exit code CODE before it was ready" if closed else f"refused: {_words(error)}"
        except (ValueError, RuntimeError) as error:  # an answer that is none; a version that nobody speaks
            return f"gave an answer that cannot be read: {_words(error)}"
        self._session = session
        self._ready.set()
        return ""

    async def _hear(self, child: Child, to_session: _Incoming) -> None:
        """Hand its messages to the session. What is none is passed over: many servers print on stdout."""
        with to_session, contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            while (line := await child.line()) is not None:
                try:
                    message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError:
                    self._garbage = self._garbage or visible(line[:_SHOWN].decode("utf-8", "replace").strip())
                    continue
                await to_session.send(SessionMessage(message))

    def _line(self, what: str) -> str:
        printed = f"; it printed {self._garbage!r}" if self._garbage and self._session is None else ""
        return f"the MCP server {self.name} {what}{printed}"


@contextlib.asynccontextmanager
async def _streams() -> AsyncIterator[tuple[_Incoming, Any, Any, _Outgoing]]:
    to_session, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, from_session = anyio.create_memory_object_stream[SessionMessage](0)
    with to_session, incoming, outgoing, from_session:
        yield to_session, incoming, outgoing, from_session


async def _speak(child: Child, from_session: _Outgoing) -> None:
    """Write the session's messages to the server. One that reads no more ends what waits for an answer."""
    with from_session, contextlib.suppress(OSError):
        async for message in from_session:
            line = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            await child.send(line.encode() + b"\n")


async def _greet(session: ClientSession) -> None:
    """Agree on a version: the handshake that all servers know, else the newer one, for those that know no other."""
    try:
        await session.initialize()
    except MCPError as error:
        if error.code != types.UNSUPPORTED_PROTOCOL_VERSION:
            raise
        await session.discover()


async def _list(session: ClientSession) -> tuple[Offered, ...]:
    """All its tools, page by page; a list without end is cut."""
    offered: list[Offered] = []
    cursor: str | None = None
    for _ in range(_PAGES):
        params = types.PaginatedRequestParams(cursor=cursor) if cursor is not None else None
        page = await session.list_tools(params=params)
        offered += [
            Offered(name=tool.name, description=tool.description, schema=tool.input_schema) for tool in page.tools
        ]
        cursor = page.next_cursor
        if cursor is None or len(offered) >= MOST_TOOLS:
            break
    return tuple(offered[:MOST_TOOLS])


async def _ended(child: Child, grace: float) -> str:
    """End it as the protocol wants it: close its input, wait a little, then by signal."""
    try:
        child.close_input()
        await child.ended(_POLITE)
    finally:
        code = await child.end(grace=grace)
    return code


def _words(error: Exception) -> str:
    """One line of what an error says."""
    text = visible(" ".join(str(error).split())) or type(error).__name__
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
