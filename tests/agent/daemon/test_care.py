"""Promises of nexdiag.agent.daemon.care: nobody's session is moved under him, and what is asked for is done."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from daemons import executor, hosted
from model_server import Server, chunk, echoes, holds, serving, stream_head

from nexdiag.agent.daemon import care
from nexdiag.agent.session.conversation import open_chat
from nexdiag.agent.session.overrides import Overrides, read_overrides
from nexdiag.agent.session.registry import Registry
from nexdiag.core.errors import DaemonError, UsageError

NOW = 1779285792.009


def test_a_session_in_a_terminal_is_not_moved(tmp_path: Path) -> None:
    """Neither archived nor deleted while somebody works on it; he is named."""
    with open_chat(tmp_path, 0, clock=lambda: NOW):
        for act in (care.archive, care.delete):
            with pytest.raises(DaemonError, match="session lock busy"):
                act(tmp_path, "chat-0")
    assert care.archive(tmp_path, "chat-0").chats == (0,)
    assert not list(tmp_path.rglob(".handler.pid"))
    with pytest.raises(UsageError, match="archived already"):
        care.archive(tmp_path, "chat-0")
    care.delete(tmp_path, "chat-0")
    assert Registry(tmp_path).sessions() == ()


@pytest.mark.parametrize("act", [care.archive, care.delete])
def test_the_daemon_lets_go_of_what_is_archived_or_deleted(tmp_path: Path, act: Callable[..., object]) -> None:
    """In mid-turn too; it opens it no more."""
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            await one.post("hi")
            await asyncio.to_thread(server.wait, 1)
            await asyncio.to_thread(act, tmp_path, "chat-0")
            assert len(one.daemon._roster) == 0
        assert not [session for session in Registry(tmp_path).sessions() if session.archived_at is None]

    with serving(holds(over, stream_head(), chunk({"content": "x"}))) as server:
        asyncio.run(run(server))
        over.set()


def test_a_release_waits_until_the_session_is_free(tmp_path: Path) -> None:
    """Asked of the daemon, it is free within moments; of one who does not heed it, the wait ends with his name."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            assert not care.release(tmp_path, (await one.ask("create_chat"))["task_id"], timeout=0)
            await one.say("hi")
            assert await asyncio.to_thread(lambda: care.release(tmp_path, "chat-0", timeout=20))
            assert not care.release(tmp_path, "chat-0", timeout=0)
            await one.say("more")
            await asyncio.to_thread(care.stop, tmp_path, "chat-0")
            assert not care.release(tmp_path, "chat-0", timeout=0)

    with serving(echoes) as server:
        asyncio.run(run(server))
    slept: list[float] = []
    with open_chat(tmp_path, 0, clock=lambda: NOW), pytest.raises(DaemonError, match="still held by pid"):
        care.release(tmp_path, "chat-0", timeout=1, clock=lambda: float(len(slept)), sleep=slept.append)
    assert len(slept) == 1


def test_chats_are_made_and_told_without_a_daemon(tmp_path: Path) -> None:
    """With what they have of their own; the list, the history and the mail are read from disk."""
    assert care.create(tmp_path, "work", model="big", endpoint="here", executor="nex") == 0
    assert read_overrides(Registry(tmp_path).directory("0")) == Overrides(model="big", endpoint="here", executor="nex")
    assert [(chat["chat_id"], chat["name"]) for chat in care.chats(tmp_path)] == [(0, "work")]
    assert care.history(tmp_path, 0, 20).total == 0
    assert care.rotate(tmp_path, 0) == ()
    with pytest.raises(UsageError, match="found none called 'chat-9'"):
        care.history(tmp_path, 9, 20)
