"""One MCP server: hostile ones, in a few lines of Python each, cost one line, a bounded time, and no process."""

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest
from raw_mcp import LIVES, PRELUDE

from nexdiag.agent.config import McpServer
from nexdiag.agent.mcp import connection as module
from nexdiag.agent.mcp.connection import MOST_TOOLS, Connection
from nexdiag.core.errors import ToolError


@pytest.fixture(autouse=True)
def _impolite(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that hang are not waited for as long as in earnest."""
    monkeypatch.setattr(module, "_POLITE", 0.05)


def connection(tmp_path: Path, code: str, *, timeout: float = 30.0) -> Connection:
    entry = McpServer(command=sys.executable, args=("-ISc", PRELUDE + code), timeout=timeout)
    return Connection("odd", entry, environment={}, directory=tmp_path, grace=0.1)


def played(tmp_path: Path, code: str, *, start: float = 20.0, timeout: float = 30.0) -> Connection:
    """Start it, close it, and give it back."""

    async def play() -> Connection:
        made = connection(tmp_path, code, timeout=timeout)
        try:
            await made.start(start)
        finally:
            await made.close()
        return made

    return asyncio.run(play())


def told(tmp_path: Path, code: str, *, timeout: float = 30.0) -> str:
    """What a call of its tool comes to: its text, or its error."""

    async def play() -> str:
        made = connection(tmp_path, code, timeout=timeout)
        await made.start(20.0)
        assert made.trouble is None
        try:
            return await made.call("t", {})
        except ToolError as error:
            return f"error: {error.what}"
        finally:
            await made.close()

    return asyncio.run(play())


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_missing_program(tmp_path: Path) -> None:
    """A program that is not there is one line."""

    async def play() -> Connection:
        entry = McpServer(command="/nowhere/server")
        made = Connection("odd", entry, environment={}, directory=tmp_path)
        await made.start(5)
        await made.close()
        return made

    assert (asyncio.run(play()).trouble or "").startswith("the MCP server odd cannot be started: ")


@pytest.mark.parametrize(
    ("code", "line"),
    [
        pytest.param(
            "sys.stderr.write('no key\\n'); sys.exit(3)",
            "ended with exit code 3 before it was ready: no key",
            id="dies",
        ),
        pytest.param("print('hello there'); sys.exit(0)", "ended with exit code 0 before it was ready", id="prints"),
        pytest.param("greet(version='1999-01-01'); " + LIVES, "gave an answer that cannot be read", id="version"),
        pytest.param("greet(tools=[7]); " + LIVES, "gave an answer that cannot be read", id="tools"),
        pytest.param(
            "say(id=hear()['id'], error={'code': -32603, 'message': 'odd\\x1b[31m\\nthing'}); " + LIVES,
            "refused: odd\\x1b[31m thing",
            id="refuses",
        ),
    ],
)
def test_failed_start(tmp_path: Path, code: str, line: str) -> None:
    """A server that does not start well is one line, with its own words, and no tools."""
    made = played(tmp_path, code)
    assert line in (made.trouble or "")
    assert "\n" not in (made.trouble or "")
    assert made.offered == ()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("time.sleep(600)", id="silent"),
        pytest.param("\nwhile True: print('noise ' * 50)", id="garbage"),
        pytest.param("\nwhile True: sys.stdout.write('x' * 65536)", id="one endless line"),
        pytest.param("print('[' * 100000); time.sleep(600)", id="deep"),
        pytest.param("answer(hear(), [1]); time.sleep(600)", id="no message"),
    ],
)
def test_hanging_start_is_bounded(tmp_path: Path, code: str) -> None:
    """A server that hangs, or prints garbage for ever, is given up after the time that it has, and ended."""
    made = played(tmp_path, code, start=0.3)
    assert (made.trouble or "").startswith("the MCP server odd did not answer within 0.3 s")


def test_garbage_between_messages_is_passed_over(tmp_path: Path) -> None:
    """A server that prints on stdout, as many do, works all the same."""
    code = "print('starting...'); print(); print('{}'); greet(); print('x'); m = hear(); print('busy'); "
    code += "answer(m, {'content': [{'type': 'text', 'text': 'fine'}]}); " + LIVES
    assert told(tmp_path, code) == "fine"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        pytest.param(
            "sys.stderr.write('boiled\\n'); os._exit(7)",
            "the MCP server odd has ended with exit code 7: boiled",
            id="dies",
        ),
        pytest.param(
            "answer(m, {'content': [{'type': 'text', 'text': 'no such file'}], 'isError': True})",
            "no such file",
            id="isError",
        ),
        pytest.param(
            "say(id=m['id'], error={'code': -32602, 'message': 'bad arguments'})", "bad arguments", id="refuses"
        ),
        pytest.param(
            "answer(m, {'content': 'x'})", "the MCP server odd gave an answer that cannot be read", id="unreadable"
        ),
        pytest.param("os.close(1)", "the MCP server odd has ended", id="closes stdout"),
    ],
)
def test_failed_call(tmp_path: Path, code: str, line: str) -> None:
    """A call that fails is a tool's error with the server's words, at once: the reference's calls hung (section 8)."""
    assert told(tmp_path, f"greet(); m = hear(); {code}; {LIVES}").startswith(f"error: {line}")


def test_call_that_hangs(tmp_path: Path) -> None:
    """A call has its own time; the server, if it lives, is there for the next."""

    async def play() -> tuple[str, str]:
        code = (
            "greet(); hear(); hear()\nm = hear(); answer(m, {'content': [{'type': 'text', 'text': 'late'}]})\n" + LIVES
        )
        made = connection(tmp_path, code, timeout=0.3)
        await made.start(20.0)
        try:
            with pytest.raises(ToolError) as caught:
                await made.call("t", {})
            made._entry = msgspec.structs.replace(made._entry, timeout=30.0)
            return caught.value.what, await made.call("t", {})
        finally:
            await made.close()

    first, second = asyncio.run(play())
    assert first == "the MCP server odd did not answer within 0.3 s"
    assert second == "late"


def test_deaf_to_its_input(tmp_path: Path) -> None:
    """A server that reads nothing more does not hold a call with megabytes of arguments, nor the end."""

    async def play() -> str:
        made = connection(tmp_path, "greet(); time.sleep(600)", timeout=0.3)
        await made.start(20.0)
        try:
            with pytest.raises(ToolError) as caught:
                await made.call("t", {"text": "x" * 3_000_000})
            return caught.value.what
        finally:
            await made.close()

    assert asyncio.run(play()) == "the MCP server odd did not answer within 0.3 s"


def test_cancelled_call(tmp_path: Path) -> None:
    """A call that the user cancels ends at once, and the server is told; it is there for the next."""

    async def play() -> str:
        code = "greet(); hear(); open('got', 'w').close(); n = hear(); open('told', 'w').write(n['method'])\n"
        code += "answer(hear(), {'content': [{'type': 'text', 'text': 'next'}]})\n" + LIVES
        made = connection(tmp_path, code)
        await made.start(20.0)
        try:
            call = asyncio.create_task(made.call("t", {}))
            while not (tmp_path / "got").exists():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            return await made.call("t", {})
        finally:
            await made.close()

    assert asyncio.run(play()) == "next"
    assert (tmp_path / "told").read_text() == "notifications/cancelled"


@pytest.mark.parametrize("cancelled", [False, True])
def test_whole_tree_is_ended(tmp_path: Path, cancelled: bool) -> None:
    """A server that hears neither the end of its input nor SIGTERM ends with its children, also on cancellation."""
    code = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    code += "c = subprocess.Popen([sys.executable, '-ISc', 'import time; time.sleep(600)'], start_new_session=True)\n"
    code += "greet(tools=[{**TOOL, 'name': str(os.getpid())}, {**TOOL, 'name': str(c.pid)}]); time.sleep(600)"

    async def play() -> list[int]:
        made = connection(tmp_path, code)
        await made.start(20.0)
        assert made.trouble is None
        closing = asyncio.create_task(made.close())
        if cancelled:
            await asyncio.sleep(0.05)
            closing.cancel()
        await asyncio.wait({closing})
        return [int(tool.name) for tool in made.offered]

    pids = asyncio.run(play())
    assert len(pids) == 2
    assert not [pid for pid in pids if lives(pid)]


def test_endless_list_is_cut(tmp_path: Path) -> None:
    """A list of tools without end is read up to what a model server takes."""
    hello = "{'protocolVersion': '2025-06-18', 'capabilities': {}, 'serverInfo': {'name': 's', 'version': '1'}}"
    code = f"answer(hear(), {hello}); hear()\n"
    code += "while True: answer(hear(), {'tools': [TOOL] * 50, 'nextCursor': 'more'})"
    assert len(played(tmp_path, code).offered) == MOST_TOOLS


def test_server_of_the_newest_version_only(tmp_path: Path) -> None:
    """A server that refuses the old handshake is asked in the new way."""
    code = "version = '2026-07-28'\n"
    code += "say(id=hear()['id'], error={'code': -32022, 'message': 'old', 'data': {'supported': [version]}})\n"
    code += "more = {'resultType': 'complete', 'ttlMs': 0, 'cacheScope': 'private'}\n"
    code += "answer(hear(), {'supportedVersions': [version], 'capabilities': {'tools': {}}, **more})\n"
    code += "answer(hear(), {'tools': [TOOL], **more}); m = hear()\n"
    code += "answer(m, {'content': [{'type': 'text', 'text': 'new'}], 'resultType': 'complete'})\n"
    assert told(tmp_path, code + LIVES) == "new"


def test_after_the_end(tmp_path: Path) -> None:
    """A call to a server that is closed is an error, not a hang."""

    async def play() -> str:
        made = connection(tmp_path, "greet(); " + LIVES)
        await made.start(20.0)
        await made.close()
        with pytest.raises(ToolError) as caught:
            await made.call("t", {})
        return caught.value.what

    assert asyncio.run(play()) == "the MCP server odd has been closed"
