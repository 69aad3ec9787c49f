"""A real MCP server, made with the `mcp` package, for tests: run it as a program."""

import asyncio
import os
import subprocess
import sys

from mcp.server.mcpserver import Image, MCPServer

server = MCPServer("kitchen")


@server.tool()
def add(first: int, second: int) -> int:
    """Add two numbers."""
    return first + second


@server.tool()
def fail(why: str) -> str:
    """Fail."""
    raise ValueError(why)


@server.tool()
def picture() -> list[str | Image]:
    """Give words and a picture."""
    return ["a dot:", Image(data=b"\x89PNG" * 3, format="png")]


@server.tool()
def secrets() -> str:
    """Tell the names of the variables that it sees, and where it runs."""
    return " ".join(sorted(os.environ)) + " " + os.getcwd()  # noqa: PTH109 - as short as it gets


@server.tool()
async def wait() -> str:
    """Never answer."""
    await asyncio.Event().wait()
    return ""


@server.tool()
def spawn() -> int:
    """Start a process that stays."""
    child = subprocess.Popen([sys.executable, "-ISc", "import time; time.sleep(600)"], stdin=subprocess.DEVNULL)
    return child.pid


@server.tool()
def die() -> str:
    """End in the middle of a call."""
    sys.stderr.write("boiled over\n")
    sys.stderr.flush()
    os._exit(7)


if __name__ == "__main__":
    server.run("stdio")
