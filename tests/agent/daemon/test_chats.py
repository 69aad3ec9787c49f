"""Promises of nexdiag.agent.daemon.chats: each question is settled once, with an answer or one clear line."""

import asyncio
import contextlib
import socket
import threading
from pathlib import Path

import pytest
from crashes import full_at
from daemons import Hosted, executor, hosted, outbox, until
from model_server import (
    DONE,
    PATIENCE,
    Asked,
    Server,
    answers,
    calls,
    chunk,
    echoes,
    first,
    holds,
    http,
    sends,
    serving,
    stream_head,
)

from nexdiag.agent.client import ChatClient
from nexdiag.agent.daemon.chats import Chat
from nexdiag.agent.daemon.client import DaemonClient
from nexdiag.agent.driver import Driver
from nexdiag.agent.loop import Limits
from nexdiag.agent.progress import Tell
from nexdiag.agent.session.conversation import Conversation, open_chat
from nexdiag.agent.session.lock import is_held, request_release
from nexdiag.agent.session.registry import Registry
from nexdiag.core.errors import DaemonError, UsageError
from nexdiag.core.message import Message

NOW = 1779285792.009
LONG = 100.0
"""Seconds until a test with many writes fails: a disk may be slow, and the daemon waits for it."""
REFUSED = sends(http('{"error": "no\\nway"}', "400 No"))


async def gone(one: Hosted) -> None:
    """Until it has stopped."""
    one.daemon._stop.set()
    await one.serving


def leave(state: Path, *messages: Message, request_id: str = "r1", text: str = "hi") -> None:
    """What a daemon leaves that was killed after it had journaled these messages of a question's turn."""
    with open_chat(state, 0, clock=lambda: NOW) as chat:
        chat.mailbox.post(text, request_id)
        for message in messages:
            chat.journal.message(message, request_id=request_id, turn=1)


def said(server: Server, at: int = -1) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in server.asked[at].messages[1:]]


# ---- questions and answers


def test_questions_are_answered_in_order(tmp_path: Path) -> None:
    """One after the other, each with its own answer, in one conversation (reference faults 49, 66)."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            names = [await one.post(f"number {number}") for number in range(5)]
            got = [await one.reply(name) for name in names]
        assert got == [("coordinator", f"echo: number {number}") for number in range(5)]

    with serving(echoes) as server:
        asyncio.run(run(server))
    assert len(said(server)) == 9
    assert len(outbox(tmp_path)) == 5


def test_a_turn_is_logged(tmp_path: Path) -> None:
    """Its start and its end, with chat and request id; and what was retried, with the reason."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            await one.say("hi", request_id="r1")
        lines = [(line.level, line.text, line.turn) for line in one.lines]
        assert ("INFO", "IPC UserChat: request_id=r1, chat_id=0", None) in lines
        assert ("INFO", "Turn 1 started: chat_id=0, request_id=r1, 2 characters", 1) in lines
        (retry,) = [text for level, text, turn in lines if level == "WARN"]
        assert retry.startswith("chat 0: HTTP 503 from http://127.0.0.1:")
        assert retry.endswith("/v1: busy. Retrying in 0.5s (attempt 2) (turn=1, request_id=r1)")
        assert [text for _, text, _ in lines if text.startswith("Turn 1 answered in") and text.endswith("2 characters")]

    with serving(sends(http('{"error": "busy"}', "503 Busy")), answers("yo")) as server:
        asyncio.run(run(server))


def test_a_failure_settles_its_question_and_the_chat_goes_on(tmp_path: Path) -> None:
    """One line in the outbox as system-error, the same in the log; the next question takes the first along.

    (reference faults 2, 60)
    """

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            role, why = await one.say("one")
            assert (role, why) == ("system-error", f"HTTP 400 from {server.url}/v1: no way")
            assert one.logged("no way")
            assert await one.say("two") == ("coordinator", "echo: one\n\ntwo")

    with serving(REFUSED, echoes) as server:
        asyncio.run(run(server))
    assert [row["role"] for row in outbox(tmp_path)] == ["system-error", "coordinator"]


@pytest.mark.parametrize(
    ("error", "told", "logged"),
    [
        (UsageError("no model is named", hint="name one"), "no model is named (name one)", "chat 0: no model is named"),
        (KeyError("boom\nx"), "internal error: KeyError('boom\\nx') (see: nexdiag service logs)", "chat 0: internal"),
    ],
)
def test_an_executor_that_cannot_be_made_settles_the_question(
    tmp_path: Path, error: Exception, told: str, logged: str
) -> None:
    """Whatever it raises; and as soon as it can be made, the chat goes on."""
    faults = [error]

    async def make(conversation: Conversation, tell: Tell) -> Driver:
        if faults:
            raise faults.pop()
        return await executor(server.url)(conversation, tell)

    async def run() -> None:
        async with hosted(tmp_path, make) as one:
            assert await one.say("one") == ("system-error", told)
            assert one.logged(logged)
            assert await one.say("two") == ("coordinator", "echo: two")

    with serving(echoes) as server:
        asyncio.run(run())


def test_a_fault_in_mid_turn_settles_the_question(tmp_path: Path) -> None:
    """The next question gets a new executor, on what the journal holds: the first one's words are not lost."""

    class Broken(ChatClient):
        async def ask(self, *_: object, **__: object) -> object:  # type: ignore[override]
            raise RuntimeError("out of order")

    broken = [True]

    async def make(conversation: Conversation, tell: Tell) -> Driver:
        made = await executor(server.url)(conversation, tell)
        if broken:
            broken.pop()
            made._client.__class__ = Broken
        return made

    async def run() -> None:
        async with hosted(tmp_path, make) as one:
            role, why = await one.say("one")
            assert (role, "RuntimeError('out of order')" in why) == ("system-error", True)
            assert await one.say("two") == ("coordinator", "echo: one\n\ntwo")

    with serving(echoes) as server:
        asyncio.run(run())


def test_a_question_from_another_program_is_heard(tmp_path: Path) -> None:
    """One that stands in the inbox without a word over the socket is answered within moments.

    (reference faults 48, 68)
    """

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            await one.say("one")
            directory = Registry(tmp_path).directory("chat-0")
            row = '{"id":2,"timestamp":"2026-05-20T14:03:12Z","role":"user","content":"two","request_id":"other"}\n'
            with (directory / "inbox.jsonl").open("a") as inbox:
                inbox.write(row)
            assert await one.reply("other") == ("coordinator", "echo: two")

    with serving(echoes) as server:
        asyncio.run(run(server))


# ---- the same question again


def test_a_question_posted_twice_is_asked_once(tmp_path: Path) -> None:
    """A client that was cut off may send the same again; both times it gets the one answer (reference fault 53)."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            for _ in range(3):
                assert await one.say("hi", request_id="r1") == ("coordinator", "echo: hi")

    with serving(echoes) as server:
        asyncio.run(run(server))
    assert (len(server.asked), len(outbox(tmp_path))) == (1, 1)


def test_a_question_that_failed_may_be_asked_again(tmp_path: Path) -> None:
    """Whoever waits gets the new outcome and not the old error, and the model hears the question once."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            assert (await one.say("hi", request_id="r1"))[0] == "system-error"
            assert await one.say("hi", request_id="r1") == ("coordinator", "echo: hi")

    with serving(REFUSED, echoes) as server:
        asyncio.run(run(server))
    assert said(server) == [("user", "hi")]


@pytest.mark.parametrize("life", ["the same", "the next"])
def test_an_old_question_is_not_taken_for_the_open_one(tmp_path: Path, life: str) -> None:
    """Asked again after another was answered, it is said anew: it does not get that one's answer."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            await one.say("old", request_id="r0")
            if life == "the same":
                await one.say("other")
        async with hosted(tmp_path, executor(server.url)) as one:
            if life == "the next":
                await one.say("other")
            assert await one.say("old", request_id="r0") == ("coordinator", "echo: old")

    with serving(REFUSED, echoes) as server:
        asyncio.run(run(server))
    assert [text for role, text in said(server) if role == "user"] == ["old\n\nother", "old"]


# ---- stopping


def test_an_interrupt_ends_the_turn_and_not_the_chat(tmp_path: Path) -> None:
    """The question is settled as cancelled, the server is let go, and the next question is answered.

    (reference faults 31, 49, L27)
    """
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            assert not (await one.ask("interrupt_chat"))["interrupted"]
            name = await one.post("one")
            await asyncio.to_thread(server.wait, 1)
            assert (await one.ask("interrupt_chat"))["interrupted"]
            assert await one.reply(name) == ("system-error", "cancelled")
            assert one.logged("Turn 1 cancelled in")
            assert await one.say("two") == ("coordinator", "echo: one\n\ntwo")
            assert not (await one.ask("interrupt_chat", chat_id=9))["interrupted"]

    with serving(holds(over, stream_head(), chunk({"content": "x"})), echoes) as server:
        asyncio.run(run(server))
        over.set()


def test_an_interrupt_before_the_turn_has_begun_leaves_no_trace(tmp_path: Path) -> None:
    """The question was not said, so the next one does not take it along; asked again, it is said."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            await one.say("zero")
            chat = one.daemon._roster.chat(0)
            row = chat.conversation.mailbox.post("one", "r1")
            settling = asyncio.create_task(chat._settle(row))
            while not settling.done() and not chat.interrupt():  # noqa: ASYNC110 - the very first moment counts
                await asyncio.sleep(0)
            await settling
            assert await one.reply("r1") == ("system-error", "cancelled")
            assert await one.say("one", request_id="r1") == ("coordinator", "echo: one")

    with serving(echoes) as server:
        asyncio.run(run(server))
    assert said(server) == [("user", "zero"), ("assistant", "echo: zero"), ("user", "one")]


def test_a_stop_in_mid_turn_leaves_the_question_for_the_next_daemon(tmp_path: Path) -> None:
    """Which answers it without being asked again, once; whoever waits is told that the first one stops.

    (reference fault 49)
    """
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            name = await one.post("hi")
            await asyncio.to_thread(server.wait, 1)
            waiting = asyncio.create_task(one.reply(name))
            await until(lambda: len(one.daemon._connections) >= 1)
            await gone(one)
            with pytest.raises(Exception, match="stopping; a question that it has not answered stays"):
                await waiting
        assert outbox(tmp_path) == []
        async with hosted(tmp_path, executor(server.url)) as one:
            await until(lambda: outbox(tmp_path))
            assert await one.reply(name) == ("coordinator", "echo: hi")

    with serving(holds(over, stream_head(), chunk({"content": "x"})), echoes) as server:
        asyncio.run(run(server))
        over.set()
    assert said(server) == [("user", "hi")]
    assert len(outbox(tmp_path)) == 1


# ---- after a crash


def test_an_answer_that_was_not_told_is_told(tmp_path: Path) -> None:
    """A crash between journal and outbox costs no second request."""
    leave(tmp_path, Message(role="user", content="hi"), Message(role="assistant", content="yo"))

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            assert await one.reply("r1") == ("coordinator", "yo")
            assert await one.say("more") == ("coordinator", "echo: more")

    with serving(echoes) as server:
        asyncio.run(run(server))
    assert said(server) == [("user", "hi"), ("assistant", "yo"), ("user", "more")]


def test_a_question_that_was_not_sent_is_sent_once(tmp_path: Path) -> None:
    """Journaled or not by the time of the crash: the model hears it once, as turn 1."""
    for number, journaled in enumerate([[], [Message(role="user", content="hi")]]):
        state = tmp_path / str(number)
        leave(state, *journaled)

        async def run(server: Server, state: Path = state) -> None:
            async with hosted(state, executor(server.url)) as one:
                assert await one.reply("r1") == ("coordinator", "echo: hi")
                assert one.logged("Turn 1 started")

        with serving(echoes) as server:
            asyncio.run(run(server))
        assert said(server) == [("user", "hi")]
        assert len(outbox(state)) == 1


def test_an_answer_that_cannot_be_written_is_not_asked_for_again(tmp_path: Path) -> None:
    """While the outbox cannot be written the answer is kept, and told as soon as it can be; the model is not asked."""
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            name = await one.post("hi")
            await asyncio.to_thread(server.wait, 1)
            blocked = Registry(tmp_path).directory("chat-0") / "outbox.jsonl"
            blocked.mkdir()
            over.set()
            await until(lambda: one.logged("outbox.jsonl: Is a directory"))
            blocked.rmdir()
            assert await one.reply(name) == ("coordinator", "late")
            assert await one.say("more") == ("coordinator", "late")

    with serving(first(over, answers("late"))) as server:
        asyncio.run(run(server))
    assert (len(server.asked), len(outbox(tmp_path))) == (2, 2)


def test_a_listener_that_fails_is_noted_once(tmp_path: Path) -> None:
    """The turn is played all the same, and the log says that somebody could not hear it."""

    async def make(conversation: Conversation, tell: Tell) -> Driver:
        def deaf(progress: object) -> None:
            raise ValueError("no ear")

        return await executor(server.url)(conversation, deaf)

    async def run() -> None:
        async with hosted(tmp_path, make) as one:
            assert await one.say("hi") == ("coordinator", "echo: hi")
            await until(lambda: one.logged("a listener failed: ValueError('no ear')"))

    with serving(echoes) as server:
        asyncio.run(run())


# ---- together


def test_chats_work_side_by_side(tmp_path: Path) -> None:
    """Five questions to five chats are at the server together, and each gets its own answer."""
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            names = [await one.post(f"to {chat}", chat=chat) for chat in range(5)]
            await asyncio.to_thread(server.wait, 5)
            over.set()
            got = [await one.reply(name, chat=chat) for chat, name in enumerate(names)]
        assert got == [("coordinator", f"echo: to {chat}") for chat in range(5)]

    with serving(first(over, echoes)) as server:
        asyncio.run(run(server))


def test_nobody_who_waits_is_forgotten(tmp_path: Path) -> None:
    """Twelve who wait for one answer, and for others in between, all get theirs (reference fault 66)."""
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            names = [await one.post(f"number {number}") for number in range(3)]
            waiting = [asyncio.create_task(one.reply(name)) for name in names * 4]
            await until(lambda: len(one.daemon._connections) >= 4)
            over.set()
            got = await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE / 2)
        assert got == [("coordinator", f"echo: number {number}") for number in range(3)] * 4

    with serving(first(over, echoes)) as server:
        asyncio.run(run(server))


def test_a_tool_is_logged(tmp_path: Path) -> None:
    """Which one, and how it went; a call that nobody can run is a failure that the model hears of."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            assert await one.say("look") == ("coordinator", "blind")
            assert one.logged("chat 0: tool look failed in")

    with serving(sends(stream_head(), calls(("a", "look", "{}"))), answers("blind")) as server:
        asyncio.run(run(server))


# ---- what a chat does of itself


@pytest.mark.parametrize("text", ["/help", "/status", "/tokens", "/clear", "/quit", "/compact", "/foo"])
def test_slash_text_gets_a_reply(tmp_path: Path, text: str) -> None:
    """Whatever it is, it is no silence, and no model is asked (reference fault L24)."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            role, words = await one.say(text)
            assert role == "coordinator"
            assert words.strip()
        assert server.asked == []

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_path_goes_to_the_model(tmp_path: Path) -> None:
    """It begins with a slash, and is no command."""

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            assert await one.say("/etc/hosts: what is it?") == ("coordinator", "echo: /etc/hosts: what is it?")

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_chat_that_keeps_breaking_pauses_and_says_so(tmp_path: Path) -> None:
    """After three faults of ours: in the chat and in the log. Others go on; a new message wakes it.

    What the endpoint refuses is none of them (reference fault 62).
    """
    faults = [KeyError("boom")] * 3

    async def make(conversation: Conversation, tell: Tell) -> Driver:
        if faults and conversation.directory == Registry(tmp_path).directory("chat-0"):
            raise faults.pop()
        made = await executor(server.url)(conversation, tell)
        assert isinstance(made, Driver)
        return made

    async def run() -> None:
        async with hosted(tmp_path, make) as one:
            for chat in (1, 0):
                with open_chat(tmp_path, chat, clock=lambda: NOW) as mail:
                    for number in range(4):
                        mail.mailbox.post("hi", f"r{number}")
            one.daemon._roster.chat(0)
            rows = [await one.reply(f"r{number}") for number in range(3)]
            assert [row[0] for row in rows] == ["system-error"] * 3
            assert "the chat pauses" in rows[2][1]
            assert "the chat pauses" not in rows[1][1]
            assert one.logged("chat 0: the chat pauses after three internal errors")
            listed = {chat["chat_id"]: chat for chat in (await one.ask("list_chats"))["chats"]}
            assert (listed[0]["paused"], listed[0]["waiting"]) == (True, 1)
            assert await one.say("go on") == ("coordinator", "echo: go on")
            assert await one.reply("r3") == ("coordinator", "echo: hi")
            for _ in range(4):
                assert (await one.say("refused", chat=1))[0] == "system-error"
            assert not {chat["chat_id"]: chat for chat in (await one.ask("list_chats"))["chats"]}[1]["paused"]

    with serving(echoes, echoes, REFUSED) as server:
        asyncio.run(run())


def test_a_session_that_another_program_wants_is_given_up(tmp_path: Path) -> None:
    """Between two turns, and not by breaking one off; a new message takes it back (reference faults 52, 62, L28)."""
    over = threading.Event()

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            name = await one.post("hi")
            await asyncio.to_thread(server.wait, 1)
            place = Registry(tmp_path).directory("chat-0")
            request_release(place)
            assert is_held(place)
            over.set()
            assert await one.reply(name) == ("coordinator", "echo: hi")
            await until(lambda: not is_held(place))
            assert one.logged("chat 0: released, as another program asked")
            with open_chat(tmp_path, 0, clock=lambda: NOW) as other:
                assert [message.content for message in other.messages] == ["hi", "echo: hi"]
                with pytest.raises(DaemonError, match="session lock busy"):
                    await one.post("more")
            assert await one.say("more") == ("coordinator", "echo: more")

    with serving(first(over, echoes)) as server:
        asyncio.run(run(server))


def test_a_question_to_a_chat_that_is_not_open_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Posted into its inbox by another program while the daemon runs (reference faults 48, 58)."""
    monkeypatch.setattr("nexdiag.agent.daemon.roster._WATCH", 0.01)

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            with open_chat(tmp_path, 4, clock=lambda: NOW) as mail:
                mail.mailbox.post("hi", "r1")
            await until(lambda: outbox(tmp_path, 4))
            assert await one.reply("r1", chat=4) == ("coordinator", "echo: hi")

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_a_full_disk_loses_nothing_and_answers_once(tmp_path: Path) -> None:
    """Full at each write in turn, once: the daemon lives, and every question that it took is answered, once."""
    point, writes, told = 0, 1, 0

    async def run(server: Server, state: Path) -> int:
        nonlocal told
        async with hosted(state, executor(server.url)) as one:
            await one.ask("create_chat")
            with full_at(point) as count:
                name = None
                while name is None:
                    with contextlib.suppress(DaemonError):  # refused in words, and not taken
                        name = await one.post("hi", request_id="r1")
                one.daemon._roster.chat(0).call()
                await until(lambda: outbox(state) or one.logged("No space left on device"))
                one.daemon._roster.chat(0).call()
                assert await one.reply(name) == ("coordinator", "echo: hi")
            told += one.logged("No space left on device")
        assert [row["request_id"] for row in outbox(state)] == ["r1"]
        return count[0]

    with serving(echoes) as server:
        while point < writes:
            point += 1
            writes = asyncio.run(run(server, tmp_path / str(point)))
    assert point > 8
    assert told > 4


def test_fifty_chats_at_once(tmp_path: Path) -> None:
    """All of them at one daemon: every one gets its own answer, and the daemon knows what each has done.

    (reference fault 64)
    """
    many = 50

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            client = DaemonClient(tmp_path)

            async def talk(chat: int) -> str:
                name = f"to {chat}"
                await client.ask("user_chat", message=name, request_id=name, chat_id=chat, timeout=LONG)
                got = await client.ask("wait_reply", request_id=name, chat_id=chat, timeout=LONG)
                return str(got["content"])

            every = await asyncio.gather(*map(talk, range(many)))
            listed = (await client.ask("list_chats"))["chats"]
            assert len(one.daemon._roster) == many
        assert every == [f"echo: to {chat}" for chat in range(many)]
        assert [(chat["turns"], chat["waiting"]) for chat in listed] == [(1, 0)] * many

    with serving(echoes) as server:
        asyncio.run(run(server))


def test_chats_queue_at_a_server_with_one_slot(tmp_path: Path) -> None:
    """Two chats, one at a time at the server: both get their answers."""
    slot = threading.Lock()
    most, now = 0, 0

    def one_at_a_time(asked: Asked, wire: socket.socket) -> None:
        nonlocal most, now
        with slot:
            now += 1
            most = max(most, now)
            echoes(asked, wire)
            now -= 1

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            got = await asyncio.gather(*(one.say(f"to {chat}", chat=chat) for chat in (0, 1)))
        assert got == [("coordinator", "echo: to 0"), ("coordinator", "echo: to 1")]

    with serving(one_at_a_time) as server:
        asyncio.run(run(server))
    assert most == 1


NOTHING_SAID = chunk({"role": "assistant"})


@pytest.mark.parametrize(
    "broken",
    [
        NOTHING_SAID + b'data: {"error": {"message": "CUDA out of memory", "code": 500}}\n\n',
        chunk({"content": "half of"}),
        NOTHING_SAID + chunk({}, "stop") + DONE,
        calls(finish="tool_calls"),
        NOTHING_SAID + chunk({"tool_calls": []}, "tool_calls") + DONE,
        b"<html>a gateway is sorry</html>",
        b"",
    ],
)
def test_what_is_no_answer_is_one_row_that_says_so(tmp_path: Path, broken: bytes) -> None:
    """Under a 200: an error, half a stream, nothing, calls without a call, a page; the question goes with the next one.

    No request has an empty message, and there are few of them (reference faults L6, L9, L10).
    """
    mended = threading.Event()

    def play(asked: Asked, wire: socket.socket) -> None:
        (echoes if mended.is_set() else sends(stream_head(), broken))(asked, wire)

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            role, why = await one.say("one")
            assert (role, bool(why)) == ("system-error", True)
            mended.set()
            assert await one.say("two") == ("coordinator", "echo: one\n\ntwo")

    with serving(play) as server:
        asyncio.run(run(server))
    assert [row["role"] for row in outbox(tmp_path)] == ["system-error", "coordinator"]
    assert all(message.get("content") for request in server.asked for message in request.messages)
    assert len(server.asked) <= 1 + Limits().retries + 1


def test_an_error_that_a_retry_mends_is_no_reply(tmp_path: Path) -> None:
    """Refused for a moment, then cut off, then whole: one row with the answer, its words once, and no error before it.

    (reference faults L7, L8)
    """
    busy = sends(http('{"error": "overloaded"}', "503 Busy"))
    half = sends(stream_head(), chunk({"content": "The answer "}))

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            assert await one.say("well?") == ("coordinator", "The answer is 42.")

    with serving(busy, half, answers("The answer ", "is 42.")) as server:
        asyncio.run(run(server))
    assert [(row["role"], row["content"]) for row in outbox(tmp_path)] == [("coordinator", "The answer is 42.")]
    assert (Registry(tmp_path).directory("chat-0") / "chat.log").read_text().count("The answer") == 1


def test_an_idle_chat_asks_nobody_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it has looked for questions: there is no request and no row but those of the one that was asked.

    (reference faults 63, 65)
    """
    monkeypatch.setattr("nexdiag.agent.daemon.chats._LOOK", 0.0001)
    looks: list[None] = []
    look = Chat._look

    async def counted(chat: Chat) -> None:
        looks.append(None)
        await look(chat)

    monkeypatch.setattr(Chat, "_look", counted)

    async def run(server: Server) -> None:
        async with hosted(tmp_path, executor(server.url)) as one:
            await one.say("hi")
            await until(lambda: len(looks) > 458)

    with serving(echoes) as server:
        asyncio.run(run(server))
    assert (len(server.asked), [row["content"] for row in outbox(tmp_path)]) == (1, ["echo: hi"])
