"""Promises of nexdiag.agent.daemon.repl: each line gets what comes of it, and Ctrl-C ends the turn, not the talk."""

import _thread
import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemons import Hosted, executor, hosted
from model_server import PATIENCE, Server, chunk, echoes, first, holds, http, sends, serving, stream_head

from nexdiag.agent.daemon import ipc
from nexdiag.agent.daemon.repl import Repl, line_of
from nexdiag.agent.progress import Progress, TextDelta
from nexdiag.core.errors import DaemonError
from nexdiag.core.message import Message, ToolCall

REFUSED = sends(http('{"error": "no way"}', "400 No"))


@contextlib.contextmanager
def daemon(state: Path, server: Server) -> Iterator[Hosted]:
    """A daemon in a thread of its own: the conversation has the main thread, as in a terminal."""
    ready, found = threading.Event(), list[Hosted]()

    async def serve() -> None:
        async with hosted(state, executor(server.url)) as one:
            found.append(one)
            ready.set()
            await one.serving

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield found[0]
    finally:
        asyncio.run(stop(state))
        thread.join(PATIENCE)


async def stop(state: Path) -> None:
    from nexdiag.agent.daemon.client import DaemonClient  # noqa: PLC0415 - only here

    await DaemonClient(state).ask("shutdown")


class Heard:
    """A conversation, and what was shown of it."""

    def __init__(self, state: Path, *, timeout: float = PATIENCE) -> None:
        self.text = ""
        self.said: list[str] = []
        self.repl = Repl(state, 0, tell=self._tell, say=self.said.append, timeout=timeout)

    def _tell(self, progress: Progress) -> None:
        self.text += progress.text if isinstance(progress, TextDelta) else ""


def test_each_line_is_answered(tmp_path: Path) -> None:
    """What streams, what fails, what the daemon answers itself; /new goes on in another chat; /quit leaves."""
    with serving(echoes, REFUSED, echoes) as server, daemon(tmp_path, server):
        heard = Heard(tmp_path)
        heard.repl.run(["one\n", "\n", "two\n", "/status\n", "/help\n", "/history\n", "/interrupt\n"])
        assert heard.text.startswith("echo: one")
        assert "chat 0: executor" in heard.text
        assert heard.said[0].startswith("error: HTTP 400")
        assert "/interrupt" in heard.said[1]
        assert heard.said[2:4] == ["user: one", "assistant: echo: one"]
        assert heard.said[-1] == "no turn is under way"
        assert heard.repl.failed == 1
        heard.repl.run(["/new second\n", "three\n", "/quit\n", "four\n"])
        assert heard.said[-1] == "chat 1: second"
        assert heard.text.endswith("echo: three")


def test_what_cannot_be_said_is_told_and_the_talk_goes_on(tmp_path: Path) -> None:
    """Too long a line, a reply that does not come in time: one line each, with a hint."""
    over = threading.Event()
    with serving(first(over, echoes)) as server, daemon(tmp_path, server):
        heard = Heard(tmp_path, timeout=0.2)
        heard.repl.run(["x" * 110_000, "slow"])
        assert "at most" in heard.said[0]
        assert "no reply within 0.2 s" in heard.said[1]
        assert "--reply chat-" in heard.said[1]
        over.set()


def test_ctrl_c_ends_the_turn_and_not_the_talk(tmp_path: Path) -> None:
    """The next line is answered (reference fault 31)."""
    over = threading.Event()
    with (
        serving(holds(over, stream_head(), chunk({"content": "x"})), echoes) as server,
        daemon(tmp_path, server),
    ):
        heard = Heard(tmp_path)

        def presses() -> None:
            server.wait(1)
            _thread.interrupt_main()

        presser = threading.Thread(target=presses)
        presser.start()
        heard.repl.run(["one", "two"])
        presser.join()
        over.set()
        assert heard.said == ["interrupting; Ctrl-C again leaves", "cancelled"]
        assert heard.text.endswith("echo: one\n\ntwo")


def test_ctrl_c_does_not_end_the_turn_of_somebody_else(tmp_path: Path) -> None:
    """Who waits behind it is told how to fetch the reply, and both are answered."""
    over = threading.Event()
    with serving(first(over, echoes), echoes) as server, daemon(tmp_path, server):
        ipc.ask(tmp_path, "user_chat", message="theirs", request_id="theirs", chat_id=0)
        server.wait(1)
        heard = Heard(tmp_path)

        def presses() -> None:
            while not heard.said:
                over.wait(0.01)
            os.kill(os.getpid(), signal.SIGINT)

        presser = threading.Thread(target=presses)
        presser.start()
        heard.repl.run(["mine"])
        presser.join()
        over.set()
        theirs = ipc.ask(tmp_path, "wait_reply", request_id="theirs", chat_id=0, timeout=20.0)
        assert theirs["content"] == "echo: theirs"
        assert heard.said[0] == "(a turn is under way: this waits for it)"
        late = heard.said[1].rpartition(" ")[2]
        assert "waits behind another's turn" in heard.said[1]
        mine = ipc.ask(tmp_path, "wait_reply", request_id=late, chat_id=0, timeout=20.0)
        assert mine["content"] == "echo: mine"


def test_without_a_daemon_nothing_begins(tmp_path: Path) -> None:
    """At once, and before a line is asked for."""
    with pytest.raises(DaemonError, match="no daemon runs"):
        Heard(tmp_path).repl.run(iter(lambda: 1 / 0, None))  # type: ignore[arg-type]


def test_a_message_is_one_line_for_people() -> None:
    """With the calls that the model made."""
    call = ToolCall(id="c", name="bash", arguments='{"command": "ls"}')
    message = Message(role="assistant", content="I look.", tool_calls=(call,))
    assert line_of(message) == 'assistant: I look. [bash {"command": "ls"}]'
