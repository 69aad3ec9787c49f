"""The MCP servers of a config, and their tools, for as long as a block lasts.

Law: they start together, within a bound; one that fails costs one line and its own tools. The `mcp` package is
imported only if there is a server to start.
"""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from nexdiag.agent.config import Mcp
from nexdiag.agent.mcp import shape
from nexdiag.agent.tools.tool import Tool
from nexdiag.core.errors import UsageError

if TYPE_CHECKING:
    from nexdiag.agent.mcp.connection import Connection

START = 10.0
"""Seconds for all servers to start, at the same time."""


class McpTool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool of a server. Taken for one that changes something: what a server says of itself proves nothing."""

    name: str
    """As the model calls it."""
    description: str
    parameters: dict[str, Any]
    theirs: str
    """Its name on the server."""
    connection: "Connection"
    read_only: bool = False

    async def run(self, arguments: dict[str, Any]) -> str:
        """Call it; the server checks the arguments. Raises ToolError."""
        return await self.connection.call(self.theirs, arguments)


@contextlib.asynccontextmanager
async def servers(  # noqa: PLR0913 - every outside thing is an argument
    config: Mcp,
    environment: Mapping[str, str],
    *,
    deny: Collection[str] = (),
    workspace: Path | None = None,
    report: Callable[[str], None] = lambda line: None,
    start: float = START,
) -> AsyncIterator[list[Tool]]:
    """The tools of all servers, but for those in `deny`, while the block lasts; the servers end with it.

    A server runs in the `workspace`, and sees `environment` without what is named like a secret. `report` hears one
    line of each server that could not be started. Raises `UsageError` if servers are configured and the extra is not
    installed.
    """
    if not config.servers:
        yield []
        return
    made = _connection_class()
    directory = workspace or Path.cwd()
    connections = [
        made(name, entry, environment=environment, directory=directory)
        for name, entry in sorted(config.servers.items())
    ]
    try:
        await asyncio.gather(*(connection.start(start) for connection in connections))
        for connection in connections:
            if connection.trouble is not None:
                report(connection.trouble)
            elif not connection.offered:
                report(f"the MCP server {connection.name} offers no tools")
        yield _tools(connections, frozenset(deny))
    finally:
        await _closed(connections)


def _tools(connections: "list[Connection]", deny: frozenset[str]) -> list[Tool]:
    tools: list[Tool] = []
    taken: set[str] = set()
    for connection in connections:
        for offered in sorted(connection.offered, key=lambda tool: tool.name):
            name = shape.tool_name(connection.name, offered.name, taken)
            taken.add(name)
            if name not in deny:
                tools.append(
                    McpTool(
                        name=name,
                        description=shape.description(offered.description, connection.name),
                        parameters=shape.schema(offered.schema),
                        theirs=offered.name,
                        connection=connection,
                    )
                )
    return tools


async def _closed(connections: "list[Connection]") -> None:
    """End them all at the same time, also where this is cancelled."""
    await asyncio.gather(*(connection.close() for connection in connections), return_exceptions=True)


def _connection_class() -> "type[Connection]":
    """The class that speaks with a server; importing it imports `mcp`, which takes half a second."""
    try:
        module = importlib.import_module("nexdiag.agent.mcp.connection")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in {"mcp", "mcp_types"}:
            raise
        what = "MCP servers are configured, and the package mcp is not installed"
        raise UsageError(what, hint="pip install 'nexdiag[mcp]', or take [mcp] out of config.toml") from error
    found: type[Connection] = module.Connection
    return found
