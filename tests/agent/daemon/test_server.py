"""Promises of nexdiag.agent.daemon.server: one daemon a directory, that answers everybody and leaves nothing behind."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from daemons import Hosted, executor, hosted, outbox, until
from model_server import PATIENCE, Server, answers, chunk, echoes, first, holds, serving, stream_head

from nexdiag.agent import config
from nexdiag.agent.daemon import ipc, lifecycle, lock
from nexdiag.agent.daemon.place import ServicePlace
from nexdiag.agent.daemon.protocol import LONGEST_ASK, LONGEST_MESSAGE
from nexdiag.agent.daemon.server import Daemon
from nexdiag.agent.session.conversation import open_chat
from nexdiag.codec.logline import reference
from nexdiag.core.errors import DaemonError

NOBODY = "http://127.0.0.1:9"


def make(state: Path) -> Daemon:
    return Daemon(state, executor(NOBODY), clock=time.time, new_request_id=lambda: "r")


def raw(state: Path, *lines: bytes, answers: int = 1) -> list[dict[str, object]]:
    """What is answered to these very bytes."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(str(ServicePlace(state).socket))
        for line in lines:
            client.sendall(line)
        reader = client.makefile("rb")
        return [json.loads(reader.readline()) for _ in range(answers)]


# ---- files


def test_its_files_are_for_its_owner(tmp_path: Path) -> None:
    """Directory 0700, socket, record, log and lock 0600; the record says who and where."""

    async def run() -> None:
        async with hosted(tmp_path / "state", executor(NOBODY)) as one:
            place = one.daemon.place
            for path in (place.socket, place.record, place.log, place.lock):
                assert path.stat().st_mode & 0o777 == 0o600, path
            assert place.directory.stat().st_mode & 0o777 == 0o700
            record = json.loads(place.record.read_text())
            status = await one.ask("status")
            assert record["pid"] == status["pid"] == os.getpid() == lock.holder(place)
            assert record["socket_path"] == status["socket"] == str(place.socket)
            assert record["started_at"] == status["started_at"]

    before = os.umask(0o000)
    try:
        asyncio.run(run())
    finally:
        os.umask(before)


def test_a_second_daemon_is_refused(tmp_path: Path) -> None:
    """While one serves, no other takes its socket; afterwards one may."""

    async def run() -> None:
        async with hosted(tmp_path, executor(NOBODY)) as one:
            with pytest.raises(DaemonError, match="a daemon already runs"):
                make(tmp_path)
            assert (await one.ask("status"))["ok"]
        async with hosted(tmp_path, executor(NOBODY)) as one:
            assert (await one.ask("status"))["ok"]

    asyncio.run(run())


def left(state: Path, name: str = "service/*") -> list[str]:
    return sorted(path.name for path in state.rglob(name))


@pytest.mark.parametrize("how", ["request", "SIGTERM", "SIGINT"])
@pytest.mark.parametrize("busy", [False, True])
def test_it_leaves_nothing_behind(tmp_path: Path, how: str, busy: bool) -> None:
    """Whichever way it is told to stop, and in mid-turn too: no socket, no record, no lock; the log says so."""
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            if busy:
                await one.post("hi")
                await asyncio.to_thread(server.wait, 1)
            if how == "request":
                assert (await one.ask("shutdown"))["status"] == "stopping"
            else:
                os.kill(os.getpid(), getattr(signal, how))
            await asyncio.wait_for(asyncio.shield(one.serving), PATIENCE)
        assert left(tmp_path) == ["daemon.log"]
        assert not left(tmp_path, ".handler.pid")
        assert one.lines[-1].text == "Daemon stopped"
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    with serving(holds(over, stream_head(), chunk({"content": "x"}))) as server:
        asyncio.run(run(server))
        over.set()


def test_a_place_that_cannot_be_served_is_left_as_it_was(tmp_path: Path) -> None:
    """An error, no lock, no record: the next one may try."""
    place = ServicePlace(tmp_path)
    place.make()
    place.log.mkdir()
    with pytest.raises(DaemonError, match=r"cannot open .*daemon\.log"):
        make(tmp_path)
    place.log.rmdir()
    daemon = make(tmp_path)
    place.directory.chmod(0o700)
    (tmp_path / "moved").mkdir()
    place.directory.rename(tmp_path / "moved" / "service")
    with pytest.raises(DaemonError, match="cannot listen on"):
        asyncio.run(daemon.serve())
    assert lock.holder(ServicePlace(tmp_path / "moved")) is None


def test_a_deep_state_directory_works(tmp_path: Path) -> None:
    """Its socket's path is longer than a socket address; the whole way of a question goes through it."""
    deep = tmp_path / ("d" * 90) / ("e" * 90)

    async def run(server: Server) -> None:
        async with hosted(deep, executor(server.url)) as one:
            assert await one.say("hi") == ("coordinator", "echo: hi")
        assert left(deep) == ["daemon.log"]

    with serving(echoes) as server:
        asyncio.run(run(server))


# ---- requests


async def heard(one: Hosted, *lines: bytes, answers: int = 1) -> list[dict[str, object]]:
    return await asyncio.to_thread(raw, one.state, *lines, answers=answers)


def test_a_bad_request_is_answered_and_the_connection_goes_on(tmp_path: Path) -> None:
    """No JSON, no object, an unknown command: one refusal each, and the next request on the line is heard."""

    async def run() -> None:
        async with hosted(tmp_path, executor(NOBODY)) as one:
            lines = ('{"cmd": ', "[]", '{"cmd": "dance"}', '{"cmd": "wait_reply"}', '{"cmd": "status", "chat_id": -1}')
            *refused, status = await heard(one, "\n".join((*lines, '{"cmd": "status"}', "")).encode(), answers=6)
            assert status["ok"]
            told = [str(answer["error"]) for answer in refused]
            assert [answer["ok"] for answer in refused] == [False] * 5
            assert told[0].startswith("Invalid request: ")
            assert told[2].startswith("unknown request 'dance'; known: user_chat, wait_reply")
            assert told[3] == "wait_reply needs a request_id"

    asyncio.run(run())


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    """It is not read to its end, which may never come; others are answered meanwhile and afterwards."""

    async def run() -> None:
        async with hosted(tmp_path, executor(NOBODY)) as one:

            def floods() -> bytes:
                with socket.socket(socket.AF_UNIX) as client:
                    client.settimeout(PATIENCE)
                    client.connect(str(one.daemon.place.socket))
                    try:
                        for _ in range(64):
                            client.sendall(b"x" * LONGEST_ASK)
                    except OSError:
                        pass
                    return client.recv(65536)

            answer = json.loads(await asyncio.to_thread(floods))
            assert answer == {"ok": False, "error": f"a request is longer than {LONGEST_ASK} bytes"}
            assert (await one.ask("status"))["ok"]

    asyncio.run(run())


@pytest.mark.parametrize("sent", [b"", b"{", b'{"cmd": "status"}\n' * 500, b'{"cmd": "user_chat", "message": "hi"}\n'])
def test_a_client_that_goes_away_bothers_nobody(tmp_path: Path, sent: bytes) -> None:
    """Before, within or after its request: no fault in the daemon, and the next client is answered."""

    async def run(server: Server) -> None:
        faults: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))
        async with hosted(tmp_path, executor(server.url)) as one:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(one.daemon.place.socket))
                client.sendall(sent)
            assert (await one.ask("status"))["ok"]
            await until(lambda: not one.daemon._connections)
        assert faults == []

    with serving(echoes) as server:
        asyncio.run(run(server))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "an empty message cannot be sent"),
        ({"message": ""}, "an empty message cannot be sent"),
        ({"message": " \n\t"}, "an empty message cannot be sent"),
        ({"message": "é" * (LONGEST_MESSAGE // 2 + 1)}, f"has {LONGEST_MESSAGE + 2} bytes; at most {LONGEST_MESSAGE}"),
        ({"message": "hi", "attachments": [{"path": "a.png"}]}, "attachments cannot be sent"),
        ({"message": "hi", "request_id": "r" * 201}, "Invalid request: "),
        ({"message": 5}, "Invalid request: "),
    ],
)
def test_what_cannot_be_asked_is_refused_clearly(tmp_path: Path, values: dict[str, object], told: str) -> None:
    """Nothing of it reaches an inbox, and no chat is made for it."""

    async def run() -> None:
        async with hosted(tmp_path, executor(NOBODY)) as one:
            with pytest.raises(DaemonError, match=told):
                await one.ask("user_chat", **values)
            assert (await one.ask("list_chats"))["chats"] == []
        assert not left(tmp_path, "inbox.jsonl")

    asyncio.run(run())


def test_a_message_of_the_longest_size_is_answered(tmp_path: Path) -> None:
    """To its last byte, whatever it is made of."""
    text = "\x01é" * (LONGEST_MESSAGE // 3)

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            assert await one.say(text) == ("coordinator", "echo: " + text)

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_request_id_is_made_and_told(tmp_path: Path) -> None:
    """A client that has none waits by the one that it is given; one id for two messages is refused."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            posted = await one.ask("user_chat", message="hi", coordinator_id=3)
            wanted = {"ok": True, "status": "accepted", "request_id": "made-1", "inbox_id": 1, "chat_id": 3}
            assert posted == wanted
            assert await one.reply("made-1", chat=3) == ("coordinator", "echo: hi")
            with pytest.raises(DaemonError, match="already used for another message"):
                await one.ask("user_chat", message="other", request_id="made-1", chat_id=3)
            (chat,) = (await one.ask("list_chats"))["chats"]
            assert (chat["chat_id"], chat["turns"], chat["waiting"], chat["archived"]) == (3, 1, 0, False)

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_waiting_for_what_was_never_asked_is_refused(tmp_path: Path) -> None:
    """At once, and not after the whole time."""

    async def run() -> None:
        async with hosted(tmp_path, executor(NOBODY)) as one:
            with pytest.raises(DaemonError, match="chat 0 was never asked anything with the request id 'r9'"):
                await one.ask("wait_reply", request_id="r9", timeout=3600)

    asyncio.run(run())


def test_waiting_ends_when_its_time_is_over(tmp_path: Path) -> None:
    """Then it is not settled, and may be waited for again."""
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            name = await one.post("hi")
            got = await one.ask("wait_reply", request_id=name, timeout=0.05)
            assert got == {"ok": True, "settled": False, "doing": ""}
            over.set()
            assert await one.reply(name) == ("coordinator", "echo: hi")

    with serving(first(over, echoes)) as server:
        asyncio.run(run(server))


def test_a_chat_that_another_program_holds_is_told(tmp_path: Path) -> None:
    """The refusal names who; the other chats go on, and so does this one when it is free."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            with open_chat(tmp_path, 0, clock=time.time):
                with pytest.raises(DaemonError, match=f"session lock busy.*pid {os.getpid()}"):
                    await one.post("hi")
                assert await one.say("hi", chat=1) == ("coordinator", "echo: hi")
            assert await one.say("hi") == ("coordinator", "echo: hi")

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_held_chat_does_not_keep_the_others_from_being_taken_up(tmp_path: Path) -> None:
    """At its start the daemon answers what was left open, in every chat that it can have."""
    for number in (0, 1):
        with open_chat(tmp_path, number, clock=time.time) as chat:
            chat.mailbox.post("hi", "r1")

    async def run(server: Server) -> None:
        with open_chat(tmp_path, 0, clock=time.time):
            async with hosted(tmp_path, executor(server.url)) as one:
                await until(lambda: outbox(tmp_path, 1))
                assert one.logged("chat 0 was not taken up: session lock busy")
        assert outbox(tmp_path, 0) == []

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_fault_of_ours_is_an_answer_too(tmp_path: Path) -> None:
    """A client never waits for one that does not come; the log says what happened."""

    async def run() -> None:
        async with hosted(tmp_path, executor(NOBODY)) as one:
            del one.daemon._desk._new_request_id
            with pytest.raises(DaemonError, match="internal error: AttributeError"):
                await one.ask("user_chat", message="hi")
            assert one.logged("IPC user_chat: internal error: AttributeError")
            assert (await one.ask("status"))["ok"]

    asyncio.run(run())


def test_the_log_reads_back(tmp_path: Path) -> None:
    """Every line is one that the log's own reader reads; a request id with line ends in it makes no line of its own."""
    forged = "r\n2026-05-20T14:03:11.482Z [FATAL] forged"

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            await one.say("hi", request_id=forged)
        content = one.daemon.place.log.read_text()
        lines = [reference(line) for line in content.splitlines()]
        assert [line.text for line in lines if line is not None] == [line.text for line in one.lines]
        assert None not in lines
        assert not [line for line in lines if line is not None and line.level == "FATAL"]

    with serving(answers("yo")) as server:
        asyncio.run(run(server))


# ---- as a process of its own


def set_up(state: Path, server: Server, model: str = "m") -> list[str]:
    """Write the config, as init does, and give the command that serves it."""
    server.only_chats = True
    entry = config.EndpointEntry(url=f"{server.url}/v1", model=model, is_default=True)
    agent = config.Agent(model=model, tools=())
    (state / "config.toml").unlink(missing_ok=True)
    config.write(state, config.Config(agent=agent, llm_endpoints=config.Endpoints(endpoints=(entry,))))
    return [sys.executable, "-m", "nexdiag", "service", "run", "--dir", str(state)]


def said(state: Path, text: str, chat: int = 0) -> str:
    name = f"{chat}-{text}"
    ipc.ask(state, "user_chat", message=text, request_id=name, chat_id=chat)
    return str(ipc.ask(state, "wait_reply", request_id=name, chat_id=chat, timeout=PATIENCE)["content"])


def test_a_kill_in_mid_turn_costs_no_question_and_no_second_answer(tmp_path: Path) -> None:
    """Killed with -9 while the model thinks; the next daemon takes the socket's place and answers, once, unasked.

    (reference faults 49, L20)
    """
    over = threading.Event()
    state = tmp_path / "state"
    with serving(holds(over, stream_head(), chunk({"content": "x"})), echoes) as server:
        command = set_up(state, server)
        first = lifecycle.start(state, command)
        ipc.ask(state, "user_chat", message="hi", request_id="r1")
        server.wait(1)
        os.kill(first.pid, signal.SIGKILL)
        os.waitpid(first.pid, 0)
        over.set()
        second = lifecycle.start(state, command)
        try:
            assert second.pid != first.pid
            server.wait(2)
            got = ipc.ask(state, "wait_reply", request_id="r1", timeout=PATIENCE)
            assert (got["role"], got["content"]) == ("coordinator", "echo: hi")
            assert said(state, "more") == "echo: more"
        finally:
            lifecycle.stop(state)
    assert [row["request_id"] for row in outbox(state)] == ["r1", "0-more"]
    sent = [[message["content"] for message in request.messages[1:]] for request in server.asked]
    assert sent == [["hi"], ["hi"], ["hi", "echo: hi", "more"]]


def test_a_change_of_the_config_counts_for_the_next_chat(tmp_path: Path) -> None:
    """Without a restart; a chat under way keeps what it began with, and a config that is broken is told in the chat.

    (reference fault 55)
    """
    state = tmp_path / "state"
    with serving(echoes) as server:
        lifecycle.start(state, set_up(state, server, "old"))
        try:
            assert said(state, "one") == "echo: one"
            set_up(state, server, "new")
            assert said(state, "one", chat=1) == "echo: one"
            assert said(state, "two") == "echo: two"
            (state / "config.toml").write_text("[agent]\nmodel =\n")
            assert "config.toml is not valid" in said(state, "one", chat=2)
            set_up(state, server, "newest")
            assert said(state, "two", chat=2) == "echo: two"
        finally:
            lifecycle.stop(state)
    assert [request.model for request in server.asked] == ["old", "new", "old", "newest"]


def test_a_daemon_in_the_foreground_ends_on_a_signal(tmp_path: Path) -> None:
    """`service run` under a supervisor: SIGTERM ends it with 0 and nothing on its streams, in mid-turn too."""
    over = threading.Event()
    with serving(holds(over, stream_head(), chunk({"content": "x"}))) as server:
        command = set_up(tmp_path / "state", server)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            deadline = time.monotonic() + PATIENCE
            while lifecycle.status(tmp_path / "state") is None:
                assert time.monotonic() < deadline
            ipc.ask(tmp_path / "state", "user_chat", message="hi")
            server.wait(1)
            child.send_signal(signal.SIGTERM)
            out, errors = child.communicate(timeout=PATIENCE)
            over.set()
        assert (child.returncode, out, errors) == (0, b"", b"")
    assert left(tmp_path / "state") == ["daemon.log"]
