"""Promises of nexdiag.agent.daemon.client: one answer to each request, and every word of a chat that is followed."""

import asyncio
import contextlib
import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from daemons import executor, hosted, until
from model_server import (
    DONE,
    PATIENCE,
    Asked,
    Server,
    answers,
    chunk,
    echoes,
    first,
    holds,
    sends,
    serving,
    stream_head,
)

from nexdiag.agent.daemon.client import DaemonClient
from nexdiag.agent.daemon.place import ServicePlace
from nexdiag.agent.daemon.protocol import Told, read_told
from nexdiag.agent.progress import TextDelta, TurnEnded, TurnStarted
from nexdiag.core.errors import DaemonError, UsageError

NOBODY = "http://127.0.0.1:9"


async def heard(client: DaemonClient, chat: int, turns: int, began: "asyncio.Future[dict[str, Any]]") -> list[Told]:
    """What is told until so many turns have ended."""
    got: list[Told] = []
    async with contextlib.aclosing(client.follow(chat, began=began)) as following:
        async for told in following:
            got.append(told)
            turns -= isinstance(told.progress, TurnEnded)
            if not turns:
                break
    return got


def test_a_turn_is_followed_from_beginning_to_end(tmp_path: Path) -> None:
    """Any number follow; each hears each turn begin, its text, and end once, with the question's request id."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            client = DaemonClient(tmp_path)
            loop = asyncio.get_running_loop()
            began = [loop.create_future() for _ in range(3)]
            following = [asyncio.create_task(heard(client, 0, 2, future)) for future in began]
            greetings = await asyncio.gather(*began)
            assert greetings == [{"ok": True, "following": True, "running": False, "turn": 0}] * 3
            assert (await client.ask("user_chat", message="a", request_id="r1"))["status"] == "accepted"
            await client.ask("user_chat", message="/status", request_id="r2")
            every = await asyncio.gather(*following)
            assert one.logged("Turn 1 answered")
        assert every[0] == every[1] == every[2]
        for name, text in (("r1", "echo: a"), ("r2", None)):
            got = [told for told in every[0] if told.request_id == name]
            assert isinstance(got[0].progress, TurnStarted)
            assert isinstance(got[-1].progress, TurnEnded)
            assert got[-1].progress.turn.outcome == "answered"
            shown = "".join(told.progress.text for told in got if isinstance(told.progress, TextDelta))
            assert text in (None, shown)

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_who_joins_in_mid_turn_hears_it_from_its_beginning(tmp_path: Path) -> None:
    """A second window on the chat shows what the first one shows (reference fault 75)."""
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            await one.post("hi")
            await asyncio.to_thread(server.wait, 1)
            await until(lambda: any(isinstance(p.told.progress, TextDelta) for p in one.daemon._roster.feed(0)._pieces))
            began = asyncio.get_running_loop().create_future()
            following = asyncio.create_task(heard(DaemonClient(tmp_path), 0, 1, began))
            assert (await began)["running"]
            await one.ask("interrupt_chat")
            got = [told.progress for told in await following]
        assert isinstance(got[0], TurnStarted)
        assert TextDelta(text="x") in got
        assert isinstance(got[-1], TurnEnded)
        assert got[-1].turn.outcome == "cancelled"

    with serving(holds(over, stream_head(), chunk({"content": "x"}))) as server:
        asyncio.run(run(server))
        over.set()


def test_a_daemon_that_stops_says_so_to_its_followers(tmp_path: Path) -> None:
    """After the end of the turn that it has broken off."""
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            began = asyncio.get_running_loop().create_future()
            following = asyncio.create_task(heard(DaemonClient(tmp_path), 0, 2, began))
            await began
            await one.post("hi")
            await asyncio.to_thread(server.wait, 1)
            one.daemon._stop.set()
            await one.serving
            with pytest.raises(DaemonError, match="the daemon is stopping"):
                await following

    with serving(holds(over, stream_head(), chunk({"content": "x"}))) as server:
        asyncio.run(run(server))
        over.set()


def test_a_follower_that_hangs_up_is_forgotten(tmp_path: Path) -> None:
    """At once, though nothing is told to it; the turn goes on."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            began = asyncio.get_running_loop().create_future()
            following = asyncio.create_task(heard(DaemonClient(tmp_path), 0, 1, began))
            await began
            assert len(one.daemon._roster.feed(0)._followers) == 1
            following.cancel()
            await until(lambda: not one.daemon._roster.feed(0)._followers)
            assert await one.say("hi") == ("coordinator", "echo: hi")

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_follower_that_does_not_read_is_dropped_and_the_turn_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`overloaded` is the last that it reads; whoever waits for the reply gets it."""
    monkeypatch.setattr("nexdiag.agent.daemon.feed._MOST_LINES", 20)
    long = [chunk({"content": f"{number} " * 2000}) for number in range(200)]

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            with socket.socket(socket.AF_UNIX) as slow:
                slow.settimeout(PATIENCE)
                slow.connect(str(one.daemon.place.socket))
                slow.sendall(b'{"cmd": "follow_chat"}\n')
                await until(lambda: one.daemon._roster.feed(0)._followers)
                role, _ = await one.say("hi")
                assert role == "coordinator"
                with slow.makefile("rb") as reader:
                    lines = await asyncio.to_thread(reader.readlines)
        assert read_told(lines[-1]) == "overloaded"

    with serving(sends(stream_head(), *long, chunk({}, "stop"), b"data: [DONE]\n\n")) as server:
        asyncio.run(run(server))


def test_no_daemon_is_an_error_with_a_hint(tmp_path: Path) -> None:
    """For a request and for a following; and a request that no daemon would read is the user's fault."""

    async def run() -> None:
        client = DaemonClient(tmp_path)
        with pytest.raises(DaemonError, match="no daemon runs for") as caught:
            await client.ask("status")
        assert "nexdiag service start" in caught.value.hint
        with pytest.raises(DaemonError, match="no daemon runs for"):
            await anext(client.follow(0))
        with pytest.raises(UsageError, match="at most"):
            await client.ask("user_chat", message="x" * 2_000_000)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "the daemon went away"),
        (b'{"ok": true', "the daemon went away"),
        (b"nonsense\n", "not JSON"),
        (b"[]\n", "no JSON object"),
        (b'{"ok": false, "error": "no", "hint": "do"}\n', "the daemon says: no"),
    ],
)
def test_a_daemon_that_answers_nonsense_is_an_error(tmp_path: Path, answer: bytes, why: str) -> None:
    """Never a value that somebody would take for an answer, never a wait without end."""

    async def run() -> None:
        ServicePlace(tmp_path).make()

        async def speaks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(answer)
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_unix_server(speaks, path=str(ServicePlace(tmp_path).socket))
        async with server:
            client = DaemonClient(tmp_path)
            with pytest.raises(DaemonError, match=why):
                await client.ask("status")
            with pytest.raises(DaemonError, match=why):
                await anext(client.follow(0))

    asyncio.run(run())


def test_a_silent_daemon_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time that it was given, and a grace."""
    monkeypatch.setattr("nexdiag.agent.daemon.client._GRACE", 0.05)
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            name = await one.post("hi")
            client = DaemonClient(tmp_path)
            got = await client.ask("wait_reply", request_id=name, timeout=0.01)
            assert got == {"ok": True, "settled": False, "doing": ""}
            one.daemon._desk.kinds["status"] = lambda ask: asyncio.sleep(30, b"")
            with pytest.raises(DaemonError, match="did not answer within 0 s"):
                await client.ask("status", timeout=0.0)
            over.set()

    with serving(first(over, answers("yo"))) as server:
        asyncio.run(run(server))


def test_an_answer_is_told_while_the_model_still_speaks(tmp_path: Path) -> None:
    """The request wants a stream, and the first word is there long before the last (reference fault 27)."""
    over = threading.Event()
    waited: list[bool] = []

    def play(asked: Asked, wire: socket.socket) -> None:
        wire.sendall(stream_head() + chunk({"content": "slow"}))
        waited.append(over.wait(PATIENCE))
        wire.sendall(chunk({"content": "ly"}) + chunk({}, "stop") + DONE)

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            name = await one.post("hi")
            async with contextlib.aclosing(DaemonClient(tmp_path).follow(0)) as following:
                async for told in following:
                    if isinstance(told.progress, TextDelta | TurnEnded):
                        break
            assert (told.request_id, told.progress, waited) == (name, TextDelta(text="slow"), [])
            over.set()
            assert await one.reply(name) == ("coordinator", "slowly")

    with serving(play) as server:
        asyncio.run(run(server))
    assert json.loads(server.asked[0].body)["stream"] is True
