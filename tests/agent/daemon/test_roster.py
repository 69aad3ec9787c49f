"""Promises of nexdiag.agent.daemon.roster: a chat is open once, given back whole, and never opened behind a back."""

import asyncio
import threading
from pathlib import Path

import pytest
from daemons import executor, hosted, outbox, until
from model_server import Server, echoes, first, serving

from nexdiag.agent.daemon.listing import Live
from nexdiag.agent.executor import Executor
from nexdiag.agent.progress import Tell
from nexdiag.agent.session.conversation import Conversation, open_chat
from nexdiag.agent.session.lock import is_held
from nexdiag.agent.session.registry import Registry
from nexdiag.core.errors import DaemonError

NOW = 1779285792.009


def test_a_worker_that_dies_gives_its_session_back(tmp_path: Path) -> None:
    """Whatever killed it: the log says so, the others go on, and the next message starts another."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            roster = one.daemon._roster
            await one.say("hi")
            seat = roster._seats[0]
            seat.chat._called.wait = lambda: 1 / 0  # type: ignore[assignment, method-assign]
            seat.chat.call()
            seat.chat._look = lambda: 1 / 0  # type: ignore[assignment, method-assign]
            await until(lambda: 0 not in roster._seats)
            assert one.logged("chat 0: its worker died: ZeroDivisionError")
            assert not is_held(Registry(tmp_path).place("chat-0"))
            assert await one.say("more") == ("coordinator", "echo: more")

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_chat_that_cannot_be_had_is_logged_once(tmp_path: Path) -> None:
    """However often the daemon looks; when it is free, its question is answered (reference faults 52, 62)."""

    async def run(server: Server) -> None:
        with open_chat(tmp_path, 0, clock=lambda: NOW) as chat:
            chat.mailbox.post("hi", "r1")
            async with hosted(tmp_path, executor(server.url)) as one:
                for _ in range(5):
                    one.daemon._roster.look_through()
                assert sum("was not taken up" in line.text for line in one.lines) == 1
        async with hosted(tmp_path, executor(server.url)):
            await until(lambda: outbox(tmp_path))

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_chat_is_open_once(tmp_path: Path) -> None:
    """However many ask for it; an end that is under way is waited for."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            roster = one.daemon._roster
            chat = roster.chat(0)
            assert roster.chat(0) is chat
            assert (len(roster), roster.open_chat(0), roster.open_chat(1)) == (1, chat, None)
            closing = asyncio.create_task(roster.close(0))
            await asyncio.sleep(0)
            with pytest.raises(DaemonError, match="is being closed"):
                roster.chat(0)
            assert await closing
            assert roster.chat(0) is not chat
            await roster.close_all()
            with pytest.raises(DaemonError, match="the daemon is stopping"):
                roster.chat(1)

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_chat_that_was_stopped_rests(tmp_path: Path) -> None:
    """Its question waits, and no look opens it again: only somebody who asks for it."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            roster = one.daemon._roster
            chat = roster.chat(0)
            assert await roster.close(0)
            chat.conversation.mailbox.post("hi", "r1")
            roster.look_through()
            assert len(roster) == 0
            roster.chat(0)
            await until(lambda: outbox(tmp_path))

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_registry_that_cannot_be_read_is_logged_once(tmp_path: Path) -> None:
    """The daemon goes on; when it can be read again, so can the chats."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            await one.say("hi")
            path = tmp_path / "chat" / "sessions.json"
            path.rename(tmp_path / "aside")
            path.mkdir()
            for _ in range(3):
                one.daemon._roster.look_through()
            assert sum("could not be looked through" in line.text for line in one.lines) == 1
            path.rmdir()
            (tmp_path / "aside").rename(path)
            assert await one.say("more") == ("coordinator", "echo: more")

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_only_a_question_opens_a_chat_and_no_look_touches_one_at_work(tmp_path: Path) -> None:
    """Answered, archived, and other sessions stay shut, however often the daemon looks; a turn under way goes on.

    (reference faults 57, 63)
    """
    over = threading.Event()
    made: list[Path] = []

    async def run(server: Server) -> None:
        make = executor(server.url)

        async def counted(conversation: Conversation, tell: Tell) -> Executor:
            made.append(conversation.directory)
            return await make(conversation, tell)

        async with hosted(tmp_path, counted) as one:
            roster = one.daemon._roster
            for _ in range(458):
                roster.look_through()
            assert (len(roster), made) == (0, [])
            name = await one.post("two", chat=1)
            await asyncio.to_thread(server.wait, 1)
            for _ in range(458):
                roster.look_through()
            assert roster.live(1) == Live(running=True, paused=False)
            over.set()
            assert await one.reply(name, chat=1) == ("coordinator", "echo: two")

    registry = Registry(tmp_path)
    with open_chat(tmp_path, 0, clock=lambda: NOW) as chat:
        chat.mailbox.answer(chat.mailbox.post("hi", "r0"), "yo")
    with open_chat(tmp_path, 7, clock=lambda: NOW) as chat:
        chat.mailbox.post("for nobody", "r7")
    registry.archive("chat-7")
    registry.create("interactive", ["mine"])
    registry.task_session("a-task")
    with serving(first(over, echoes)) as server:
        asyncio.run(run(server))
    assert made == [registry.place("chat-1")]
    assert len(server.asked) == 1
