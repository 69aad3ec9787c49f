"""Promises of `nexdiag.runner.smoke.speaking`, with a real daemon and a server that does what it is told."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model_server import Play, Server, answers, chunk, holds, serving, stream_head

from nexdiag.agent import config as configuration
from nexdiag.agent.daemon import lifecycle
from nexdiag.agent.setup import Wanted, set_up
from nexdiag.core.scenario import Say
from nexdiag.runner.smoke.speaking import Outcome, Speaker

HALF = stream_head() + chunk({"role": "assistant", "content": "half"})


@contextmanager
def speaking(
    state: Path, *plays: Play, patience: float = 20.0, forged: bytes = b""
) -> Iterator[tuple[Speaker, Server]]:
    """A speaker to a daemon whose endpoint plays these."""
    with serving(*plays) as server:
        server.only_chats = True
        set_up(state, Wanted(url=server.url, model="m"), configuration.Agent(tools=()))
        command = [sys.executable, "-m", "nexdiag", "service", "run", "--dir", str(state)]
        lifecycle.start(state, command)

        def kill() -> None:
            lifecycle.stop(state, force=True)
            lifecycle.start(state, command)
            for outbox in state.rglob("outbox.jsonl"):
                with outbox.open("ab") as out:
                    out.write(forged)

        try:
            yield Speaker(state, kill=kill, patience=patience), server
        finally:
            lifecycle.stop(state)


def say(speaker: Speaker, what: Say, number: int = 1, chat: int = 0) -> Outcome:
    """Say it, and what came of it."""
    return asyncio.run(speaker.say(what, request_id=f"q-{number}", chat=chat))


def test_a_turn_is_cancelled_in_mid_stream_and_the_chat_goes_on(tmp_path: Path) -> None:
    """The server holds its answers: only a cancel can end them, at a moment or after seconds. The next is answered."""
    never = threading.Event()
    with speaking(tmp_path / "s", holds(never, HALF), holds(never), answers("Whole.")) as (speaker, server):
        cut = say(speaker, Say(text="Long.", cancel_after="first_text"))
        silent = say(speaker, Say(text="Silent.", cancel_after=0.05), 2)
        after = say(speaker, Say(text="And now?"), 3)
        never.set()
    for one in (cut, silent):
        assert (one.done, one.reply, one.error, one.unchecked) == ("cancelled", None, "cancelled", ())
        assert one.heard.turn is not None
        assert one.heard.turn.outcome == "cancelled"
    assert (after.reply, after.done) == ("Whole.", "")
    assert after.heard.number == 3
    assert len(server.asked) == 3


def test_a_question_is_answered_once_across_a_kill(tmp_path: Path) -> None:
    """The daemon dies in mid-answer; the one that follows it asks the server again, and answers."""
    never = threading.Event()
    with speaking(tmp_path / "s", holds(never, HALF), answers("Whole.")) as (speaker, server):
        before = lifecycle.status(tmp_path / "s")
        came = say(speaker, Say(text="Survive.", kill_daemon="first_text"))
        after = lifecycle.status(tmp_path / "s")
        never.set()
    assert before is not None
    assert after is not None
    assert before.pid != after.pid
    assert (came.done, came.reply, came.answers, came.unchecked) == ("killed", "Whole.", 1, ())
    users = [message["content"] for message in server.asked[-1].messages if message["role"] == "user"]
    assert users == ["Survive."]


def test_a_question_that_is_answered_twice_is_noticed(tmp_path: Path) -> None:
    """Here somebody forged the second answer: a daemon that answers twice looks the same."""
    row = b'{"id": 99, "timestamp": "", "role": "coordinator", "content": "Again.", "request_id": "q-2"}\n'
    with speaking(tmp_path / "s", answers("Here."), forged=row) as (speaker, _):
        assert say(speaker, Say(text="One."), 1).answers == 1
        assert say(speaker, Say(text="Two.", kill_daemon=60), 2).answers == 2


def test_what_comes_too_late_is_told(tmp_path: Path) -> None:
    """The turn was over first: nothing was tried, the answer is there all the same, and nobody waits for the moment."""
    says = (
        Say(text="Quick.", cancel_after=60),
        Say(text="Quick.", cancel_after="first_tool"),
        Say(text="Quick.", kill_daemon=60),
    )
    with speaking(tmp_path / "s", answers("Here.")) as (speaker, _):
        came = [say(speaker, one, number) for number, one in enumerate(says)]
    assert [(one.reply, one.done, one.answers) for one in came] == [
        ("Here.", "", 1),
        ("Here.", "", 1),
        ("Here.", "killed", 1),
    ]
    assert [one.unchecked for one in came] == [
        ("the turn was over before it could be cancelled",),
        ("the turn was over before it could be cancelled",),
        ("the turn was over before the daemon could be killed",),
    ]


def test_a_turn_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    """Its message has no answer; the next one does not wait behind it."""
    never = threading.Event()
    with speaking(tmp_path / "s", holds(never, HALF), answers("Whole."), patience=0.5) as (speaker, _):
        hung = say(speaker, Say(text="Long."))
        after = say(speaker, Say(text="And now?"), 2)
        never.set()
    assert (hung.reply, hung.error) == (None, "no reply within 0.5 s")
    assert after.reply == "Whole."


def test_a_daemon_that_is_not_there_is_told(tmp_path: Path) -> None:
    """As why there is no answer."""
    came = say(Speaker(tmp_path, kill=lambda: None, patience=5.0), Say(text="x"))
    assert came.reply is None
    assert "no daemon runs" in (came.error or "")
    assert came.unchecked == ("the daemon did not tell how the turn went",)


def test_chats_are_made(tmp_path: Path) -> None:
    """Each with a conversation of its own."""
    with speaking(tmp_path / "s", answers("Here.")) as (speaker, server):
        assert say(speaker, Say(text="One.")).reply == "Here."
        number = asyncio.run(speaker.chat("second"))
        assert number != 0
        assert say(speaker, Say(text="Two."), 2, number).heard.number == 1
    assert [message["content"] for message in server.asked[-1].messages if message["role"] == "user"] == ["Two."]
