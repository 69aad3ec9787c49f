"""The tools of MCP servers: a real server, made with the `mcp` package, and what happens around it."""

import asyncio
import builtins
import contextlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from raw_mcp import LIVES, PRELUDE

from nexdiag.agent.config import Mcp, McpServer
from nexdiag.agent.mcp.servers import servers
from nexdiag.agent.tools.toolbox import Toolbox
from nexdiag.core.errors import UsageError
from nexdiag.core.message import ToolCall

REAL = McpServer(
    command=sys.executable, args=(str(Path(__file__).parents[2] / "mcp_server.py"),), env={"KITCHEN_TOKEN": "its own"}
)
SILENT = McpServer(command=sys.executable, args=("-ISc", "import time; time.sleep(600)"))


def played(
    tmp_path: Path, calls: Mapping[str, tuple[str, str]], **servers_of: McpServer
) -> tuple[dict[str, str], list[str]]:
    """Run calls one after another, from another task than the one that started the servers, as the driver does."""
    lines: list[str] = []

    async def play() -> dict[str, str]:
        environment = {"PATH": "/usr/bin", "OPENAI_API_KEY": "ours"}
        config = Mcp(servers=servers_of)
        deny = ("kitchen__spawn",)
        async with servers(
            config, environment, deny=deny, workspace=tmp_path, report=lines.append, start=20.0
        ) as tools:
            box = Toolbox(tools, clock=lambda: 1.0)
            assert not set(box.reading())
            found = {"tools": " ".join(spec.name for spec in box.specs())}
            for label, (name, arguments) in calls.items():
                call = ToolCall(id=label, name=name, arguments=arguments)
                [run] = await asyncio.create_task(box.run([call]))
                found[label] = ("error: " if run.is_error else "") + run.output
            return found

    return asyncio.run(play()), lines


def test_a_real_server(tmp_path: Path) -> None:
    """Its tools are named, called, fail and answer as tools do; secrets of ours stay here; its death is its own."""
    found, lines = played(
        tmp_path,
        {
            "add": ("kitchen__add", '{"first": 2, "second": 3}'),
            "wrong": ("kitchen__add", '{"first": "x"}'),
            "fail": ("kitchen__fail", '{"why": "odd"}'),
            "picture": ("kitchen__picture", "{}"),
            "secrets": ("kitchen__secrets", "{}"),
            "denied": ("kitchen__spawn", "{}"),
            "die": ("kitchen__die", "{}"),
            "after": ("kitchen__add", '{"first": 2, "second": 3}'),
        },
        kitchen=REAL,
    )
    names = ("add", "die", "fail", "picture", "secrets", "wait")
    assert found["tools"] == " ".join(f"kitchen__{name}" for name in names)
    assert found["add"] == "5"
    assert found["wrong"].startswith("error: Error executing tool add")
    assert found["fail"].startswith("error: Error executing tool fail")
    assert found["picture"] == "a dot:\n[image image/png, 12 bytes, not shown]"
    assert "OPENAI_API_KEY" not in found["secrets"]
    assert "KITCHEN_TOKEN" in found["secrets"]
    assert found["secrets"].endswith(str(tmp_path))
    assert found["denied"].startswith("error: Unknown tool")
    assert found["die"].startswith("error: the MCP server kitchen has ended with exit code 7: boiled over")
    assert found["after"].startswith("error: the MCP server kitchen has ended")
    assert lines == []


def test_one_that_fails_costs_its_own_tools_only(tmp_path: Path) -> None:
    """Beside a server that is not there, the other one works, and one line says what is wrong."""
    code = PRELUDE + "greet(); answer(hear(), {'content': [{'type': 'text', 'text': 'fine'}]}); " + LIVES
    raw = McpServer(command=sys.executable, args=("-ISc", code))
    found, lines = played(tmp_path, {"call": ("raw__t", "{}")}, absent=McpServer(command="/nowhere"), raw=raw)
    assert found["call"] == "fine"
    assert len(lines) == 1
    assert lines[0].startswith("the MCP server absent cannot be started")


def test_they_start_together(tmp_path: Path) -> None:
    """Servers that hang are given up after one bound, not after one each."""
    lines: list[str] = []

    async def play() -> None:
        config = Mcp(servers=dict.fromkeys("abc", SILENT))
        async with servers(config, {}, workspace=tmp_path, report=lines.append, start=0.2) as tools:
            assert tools == []

    asyncio.run(play())
    assert lines == [f"the MCP server {name} did not answer within 0.2 s" for name in "abc"]


def test_cancelled_block_leaves_nothing(tmp_path: Path) -> None:
    """A session that is cancelled, while servers start or while it works, leaves no server behind."""
    code = f"import os, time; open({str(tmp_path / 'pids')!r}, 'a').write(str(os.getpid()) + chr(10)); time.sleep(600)"
    config = Mcp(servers={"a": McpServer(command=sys.executable, args=("-ISc", code))})

    async def work() -> None:
        async with servers(config, {}, workspace=tmp_path):
            await asyncio.Event().wait()

    async def play() -> None:
        task = asyncio.create_task(work())
        while not (tmp_path / "pids").exists() or not (tmp_path / "pids").read_text().endswith("\n"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    asyncio.run(play())
    pid = int((tmp_path / "pids").read_text())
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text()


def test_entered_and_left_in_two_tasks(tmp_path: Path) -> None:
    """Whoever opens the servers need not be who closes them: a session is made in one task and let go of in another."""
    stack = contextlib.AsyncExitStack()

    async def enter() -> int:
        config = Mcp(servers={"a": McpServer(command=sys.executable, args=("-ISc", f"{PRELUDE}greet(); {LIVES}"))})
        return len(await stack.enter_async_context(servers(config, {}, workspace=tmp_path, start=20.0)))

    async def play() -> int:
        tools = await asyncio.create_task(enter())
        await asyncio.create_task(stack.aclose())
        assert len(asyncio.all_tasks()) == 1
        return tools

    assert asyncio.run(play()) == 1


def test_without_servers_nothing_is_imported() -> None:
    """A config without servers costs no import of `mcp`, which takes half a second."""
    code = (
        "import asyncio, sys\n"
        "from nexdiag.agent.config import Mcp\n"
        "from nexdiag.agent.mcp.servers import servers\n"
        "async def play():\n"
        "    async with servers(Mcp(), {}) as tools:\n"
        "        assert tools == []\n"
        "asyncio.run(play())\n"
        "assert not {'mcp', 'mcp_types', 'pydantic', 'anyio'} & set(sys.modules), sorted(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed, configured servers are a usage error that says what to install."""
    real = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:  # noqa: ANN401
        if name == "mcp":
            raise ModuleNotFoundError("No module named 'mcp'", name="mcp")
        return real(name, *rest)

    async def play() -> None:
        async with servers(Mcp(servers={"a": SILENT}), {}):
            pass

    monkeypatch.delitem(sys.modules, "nexdiag.agent.mcp.connection", raising=False)
    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(UsageError) as caught:
        asyncio.run(play())
    assert "nexdiag[mcp]" in caught.value.hint
