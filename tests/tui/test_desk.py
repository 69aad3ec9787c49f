"""What the user does to chats, as the daemon is asked."""

import itertools

import pytest
from tui_daemon import ScriptedDaemon

from nexdiag.core.errors import DaemonError, NexdiagError, UsageError
from nexdiag.tui.desk import Desk, Outcome
from nexdiag.tui.memory import Memory

pytestmark = pytest.mark.anyio


def desk_on(daemon: ScriptedDaemon, memory: Memory | None = None) -> Desk:
    ids = itertools.count(1)
    return Desk(daemon, memory or Memory(), new_request_id=lambda: f"r{next(ids)}")


async def test_a_message_keeps_its_request_id_until_it_is_taken() -> None:
    """Sent again after a break it is the same question, not a second one (reference fault 53)."""
    daemon = ScriptedDaemon()
    desk = desk_on(daemon)
    daemon.down = True
    with pytest.raises(DaemonError):
        await desk.say(0, "hi", desk.request_id("hi"))
    daemon.down = False
    await desk.say(0, "hi", desk.request_id("hi"))
    await desk.say(0, "hi", desk.request_id("hi"))
    assert [values["request_id"] for values in daemon.of("user_chat")] == ["r1", "r1", "r2"]


async def test_the_chat_that_is_shown_is_the_one_that_is_asked() -> None:
    """The number that the user sees is the one that the daemon gets (reference faults 50, 72)."""
    daemon = ScriptedDaemon((), (), ())
    desk = desk_on(daemon)
    await desk.look()
    await desk.choose(2)
    await desk.say(desk.chat, "hi", "r")
    await desk.cancel()
    await desk.compact()
    assert {
        values["chat_id"] for cmd in ("user_chat", "interrupt_chat", "compact_chat") for values in daemon.of(cmd)
    } == {2}


async def test_one_goes_on_where_one_was_and_begins_with_a_chat_of_ones_own() -> None:
    """A new life shows the same chat again (reference fault 70)."""
    daemon = ScriptedDaemon((), ())
    desk = desk_on(daemon, Memory(chat=1))
    await desk.look()
    await desk.choose(None)
    assert desk.chat == 1
    empty = ScriptedDaemon()
    empty.histories.clear()
    fresh = desk_on(empty, Memory(chat=7))
    await fresh.look()
    await fresh.choose(None)
    assert fresh.chat == 0
    assert len(empty.of("create_chat")) == 1


async def test_a_chat_that_is_not_there_is_told_with_those_that_are() -> None:
    desk = desk_on(ScriptedDaemon((), ()))
    await desk.look()
    with pytest.raises(UsageError, match="no chat 9; there are 0, 1"):
        await desk.choose(9)


async def test_what_other_chats_have_said_since_is_unread() -> None:
    daemon = ScriptedDaemon((), ())
    daemon.rows = {0: {"turns": 4}, 1: {"turns": 2}}
    desk = desk_on(daemon, Memory(seen={1: 1}))
    await desk.look()
    desk.show(0)
    assert [desk.unread(row) for row in desk.rows] == [False, True]
    assert desk.beside(-1) == 1


async def test_a_message_that_no_daemon_takes_is_not_sent() -> None:
    daemon = ScriptedDaemon()
    with pytest.raises(UsageError, match="at most 102,400"):
        await desk_on(daemon).say(0, "x" * 200_000, "r")
    assert daemon.asked == []


async def test_an_outcome_is_waited_for() -> None:
    daemon = ScriptedDaemon()
    daemon.settled["r1"] = ("system-error", "no endpoint")
    assert await desk_on(daemon).outcome(0, "r1") == Outcome(answered=False, words="no endpoint")


async def test_a_daemon_that_does_not_say_which_chat_it_made_is_told() -> None:
    daemon = ScriptedDaemon()
    daemon._create = lambda **_: {"chat_id": "x"}  # type: ignore[method-assign]
    with pytest.raises(NexdiagError, match="did not say which"):
        await desk_on(daemon).create("a")


async def test_the_list_and_the_recording_are_looked_up() -> None:
    daemon = ScriptedDaemon((), ())
    daemon.recording = "x.cassette.jsonl"
    desk = desk_on(daemon)
    await desk.look()
    assert ([row.chat_id for row in desk.rows], desk.recording) == ([0, 1], "x.cassette.jsonl")
