"""Promises of nexdiag.agent.daemon.chats: each question is settled once, with an answer or one clear line."""

import asyncio
import threading
from pathlib import Path

import pytest
from daemons import Hosted, executor, hosted, outbox, until
from model_server import (
    PATIENCE,
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
from nexdiag.agent.driver import Driver
from nexdiag.agent.progress import Tell
from nexdiag.agent.session.conversation import Conversation, open_chat
from nexdiag.agent.session.registry import Registry
from nexdiag.core.errors import UsageError
from nexdiag.core.message import Message

NOW = 1779285792.009
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
    """One after the other, each with its own answer, in one conversation."""

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
        assert retry.endswith("/v1: busy. Retrying in 0.5s (attempt 2)")
        assert [text for _, text, _ in lines if text.startswith("Turn 1 answered in") and text.endswith("2 characters")]

    with serving(sends(http('{"error": "busy"}', "503 Busy")), answers("yo")) as server:
        asyncio.run(run(server))


def test_a_failure_settles_its_question_and_the_chat_goes_on(tmp_path: Path) -> None:
    """One line in the outbox as system-error, the same in the log; the next question takes the first along."""

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

    def make(conversation: Conversation, tell: Tell) -> Driver:
        if faults:
            raise faults.pop()
        return executor(server.url)(conversation, tell)

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

    def make(conversation: Conversation, tell: Tell) -> Driver:
        made = executor(server.url)(conversation, tell)
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
    """One that stands in the inbox without a word over the socket is answered within moments."""

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
    """A client that was cut off may send the same again; both times it gets the one answer."""

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
    """The question is settled as cancelled, the server is let go, and the next question is answered."""
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
            chat = one.daemon._chats[0][0]
            row = chat.conversation.mailbox.post("one", "r1")
            settling = asyncio.create_task(chat._settle(row))
            await asyncio.sleep(0)  # it has made the turn's task, which has not run yet
            assert chat.interrupt()
            await settling
            assert await one.reply("r1") == ("system-error", "cancelled")
            assert await one.say("one", request_id="r1") == ("coordinator", "echo: one")

    with serving(echoes) as server:
        asyncio.run(run(server))
    assert said(server) == [("user", "zero"), ("assistant", "echo: zero"), ("user", "one")]


def test_a_stop_in_mid_turn_leaves_the_question_for_the_next_daemon(tmp_path: Path) -> None:
    """Which answers it without being asked again, once; whoever waits is told that the first one stops."""
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

    def make(conversation: Conversation, tell: Tell) -> Driver:
        def deaf(progress: object) -> None:
            raise ValueError("no ear")

        return executor(server.url)(conversation, deaf)

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
    """Twelve who wait for one answer, and for others in between, all get theirs."""
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
