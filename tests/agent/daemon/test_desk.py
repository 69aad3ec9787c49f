"""Promises of nexdiag.agent.daemon.desk: what each request does, and what it refuses."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from daemons import Hosted, executor, hosted, outbox
from model_server import Server, chunk, echoes, holds, serving, stream_head

from nexdiag.agent.daemon.chats import MakeExecutor
from nexdiag.agent.driver import Driver
from nexdiag.agent.progress import Compacted, Tell
from nexdiag.agent.session.conversation import Conversation, open_chat
from nexdiag.agent.session.registry import Registry
from nexdiag.core.errors import DaemonError

NOBODY = "http://127.0.0.1:9"


async def chats(one: Hosted) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await one.ask("list_chats"))["chats"]
    return listed


def test_chats_are_made_and_listed(tmp_path: Path) -> None:
    """Each with a number and a name of its own, its model and what it has done; also those that are not open."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            made = await one.ask("create_chat", name="work", model="big", endpoint="http://other/v1", executor="nex")
            assert (made["chat_id"], made["name"], made["task_id"]) == (0, "work", ".chat-0")
            assert (await one.ask("create_chat"))["name"] == "chat 1"
            await one.say("hi", chat=1)
            first, second = await chats(one)
        assert first | {"created": "", "session": ""} == {
            "chat_id": 0,
            "name": "work",
            "executor": "nex",
            "model": "big",
            "running": False,
            "paused": False,
            "waiting": 0,
            "turns": 0,
            "created": "",
            "archived": False,
            "session": "",
        }
        assert (second["chat_id"], second["turns"]) == (1, 1)
        overrides = Registry(tmp_path).directory("chat-0") / "overrides.json"
        assert overrides.stat().st_mode & 0o777 == 0o600
        assert json.loads(overrides.read_text()) == {"model": "big", "endpoint": "http://other/v1", "executor": "nex"}

    with serving(echoes) as server:
        asyncio.run(run(server))


def choosing(url: str, chosen: list[str | None]) -> MakeExecutor:
    """Executors that say which model they were made for."""

    async def make(conversation: Conversation, tell: Tell) -> Driver:
        chosen.append(conversation.overrides.model)
        made = await executor(url)(conversation, tell)
        assert isinstance(made, Driver)
        return made

    return make


def test_what_a_chat_has_of_its_own_counts_for_its_next_turn(tmp_path: Path) -> None:
    """Set while it is open, it needs no restart; the other chats keep theirs (reference faults 55, 56, 59)."""
    chosen: list[str | None] = []

    async def run(server: Server) -> None:
        async with hosted(tmp_path, choosing(server.url, chosen)) as one:
            await one.ask("create_chat", model="a")
            await one.say("one")
            await one.say("two")
            got = await one.ask("set_chat_executor", chat_id=0, model="b")
            assert (got["model"], got["endpoint"]) == ("b", None)
            await one.say("three")
            assert [chat["model"] for chat in await chats(one)] == ["b"]

    with serving(echoes) as server:
        asyncio.run(run(server))
    assert chosen == ["a", "b"]


def test_a_history_is_given_page_by_page(tmp_path: Path) -> None:
    """The last messages first; how many there are; none for a chat in which nothing was said, which is not made."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            empty = {"ok": True, "messages": [], "first": 0, "total": 0}
            assert await one.ask("chat_history", chat_id=7) == empty
            for text in "abc":
                await one.say(text)
            page = await one.ask("chat_history", limit=2)
            assert [message["content"] for message in page["messages"]] == ["c", "echo: c"]
            assert (page["first"], page["total"]) == (4, 6)
            page = await one.ask("chat_history", limit=3, before=4)
            assert [message["content"] for message in page["messages"]] == ["echo: a", "b", "echo: b"]
            assert page["first"] == 1
            assert (await one.ask("chat_history", before=99))["total"] == 6
            with pytest.raises(DaemonError, match="Invalid request"):
                await one.ask("chat_history", limit=0)
            assert [chat["chat_id"] for chat in await chats(one)] == [0]

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_chat_that_is_stopped_keeps_its_question(tmp_path: Path) -> None:
    """Its session is free at once; the next message to it answers both, each once."""
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            name = await one.post("hi")
            await asyncio.to_thread(server.wait, 1)
            assert (await one.ask("stop_chat", chat_id=0))["stopped"]
            with open_chat(tmp_path, 0, clock=lambda: 0.0):
                pass
            assert not (await one.ask("stop_chat", chat_id=0))["stopped"]
            assert (await chats(one))[0]["waiting"] == 1
            more = await one.post("more")
            assert await one.reply(name) == ("coordinator", "echo: hi")
            assert await one.reply(more) == ("coordinator", "echo: more")
        assert len(outbox(tmp_path)) == 2

    with serving(holds(over, stream_head(), chunk({"content": "x"})), echoes) as server:
        asyncio.run(run(server))
        over.set()


def test_an_archived_chat_stays_archived(tmp_path: Path) -> None:
    """A message to it is refused with the way back, and makes no directory (reference faults 57, 73)."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            await one.say("hi")
            place = Registry(tmp_path).directory("chat-0")
            assert (await one.ask("archive_coordinator", coordinator_id=0))["archived_at"]
            for request in ("user_chat", "wait_reply"):
                with pytest.raises(DaemonError, match="chat 0 is archived") as caught:
                    await one.ask(request, message="more", request_id="r9", chat_id=0)
                assert "nexdiag session restore chat-0" in caught.value.hint
            assert not place.exists()
            assert [chat["archived"] for chat in await chats(one)] == [True]
            assert (await one.ask("chat_history"))["total"] == 2
            assert (await one.ask("create_chat"))["chat_id"] == 1
            await one.ask("restore_chat", chat_id=0)
            assert await one.say("more") == ("coordinator", "echo: more")
            assert (await one.ask("chat_history"))["total"] == 4

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_deleted_chat_is_gone(tmp_path: Path) -> None:
    """With all that was said in it, in mid-turn too; the others stay."""
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            await one.ask("create_chat")
            await one.ask("create_chat")
            await one.post("secret words")
            await asyncio.to_thread(server.wait, 1)
            await one.ask("delete_chat", chat_id=0)
            assert [chat["chat_id"] for chat in await chats(one)] == [1]
            with pytest.raises(DaemonError, match="there is no chat 0"):
                await one.ask("delete_chat", chat_id=0)

    with serving(holds(over, stream_head(), chunk({"content": "x"}))) as server:
        asyncio.run(run(server))
        over.set()
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"secret words" not in left


@pytest.mark.parametrize(
    "cmd", ["stop_chat", "release_chat", "archive_chat", "restore_chat", "delete_chat", "set_chat_executor"]
)
def test_what_changes_a_chat_names_it(tmp_path: Path, cmd: str) -> None:
    """Nothing is done to chat 0 because nobody said which."""

    async def run() -> None:
        async with hosted(tmp_path, executor(NOBODY)) as one:
            await one.ask("create_chat")
            with pytest.raises(DaemonError, match=f"{cmd} needs a chat_id"):
                await one.ask(cmd)
            assert [chat["archived"] for chat in await chats(one)] == [False]

    asyncio.run(run())


def test_a_conversation_is_made_shorter_by_its_executor(tmp_path: Path) -> None:
    """Through its own request and through /compact; one that cannot says so; in mid-turn it is refused."""
    over = threading.Event()

    async def run(server: Server) -> None:
        async def make(conversation: Conversation, tell: Tell) -> Any:  # noqa: ANN401 - a driver with one more method
            made = await executor(server.url)(conversation, tell)

            async def compact() -> Compacted:
                return Compacted(before=100, after=10, how="summarised")

            made.compact = compact  # type: ignore[attr-defined]
            return made

        words = "compacted (summarised): 100 tokens before, 10 now"
        async with hosted(tmp_path, make) as one:
            assert (await one.ask("compact_chat"))["content"] == words
            assert await one.say("/compact") == ("coordinator", words)
            name = await one.post("hi")
            await asyncio.to_thread(server.wait, 1)
            with pytest.raises(DaemonError, match="chat 0 is in mid-turn"):
                await one.ask("compact_chat")
            over.set()
            await one.reply(name)

    with serving(holds(over, stream_head(), chunk({"content": "x"}, "stop"))) as server:
        asyncio.run(run(server))


def test_the_status_tells_the_daemon(tmp_path: Path) -> None:
    """Who, since when, how many chats, what it records; a request that is unknown is told which there are."""

    async def run() -> None:
        async with hosted(tmp_path, executor(NOBODY)) as one:
            status = await one.ask("status")
            assert (status["status"], status["chats"], status["recording"], status["trouble"]) == (
                *("running", 0, None, None),
            )
            assert status["uptime"] >= 0
            with pytest.raises(DaemonError, match=r"known: user_chat.*follow_chat"):
                await one.ask("spawn")

    asyncio.run(run())
