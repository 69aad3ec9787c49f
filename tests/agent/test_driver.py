"""Promises of nexdiag.agent.driver: what the machine commands is done once, journaled first, and told in order."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import httpx
import pytest
from model_server import Play, Server, answers, calls, chunk, echoes, holds, http, sends, serving, stream_head

from nexdiag.agent.client import ChatClient
from nexdiag.agent.driver import Driver, Tools
from nexdiag.agent.loop import CUT, CUT_OFF, INTERRUPTED, STOPPED, Limits, Machine
from nexdiag.agent.progress import (
    Compacted,
    Progress,
    Repaired,
    Retrying,
    TextDelta,
    TextTakenBack,
    ToolRan,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    UsageTold,
)
from nexdiag.agent.session.journal import Journal
from nexdiag.agent.session.resume import Restored, restore
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.errors import DaemonError
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.core.turn import ToolRun, Turn

NOW = 1779285792.0
CALL = sends(stream_head(), calls(("a", "look", '{"at": 1}'), ("b", "look", '{"at": 2}')))
BUSY = sends(http('{"error": "busy"}', "503 Busy"))
REFUSED = sends(http('{"error": "no"}', "400 No"))


class Looks:
    """A toolbox whose one tool says what it was called with; `stall` never ends its second call."""

    def __init__(self, *, stall: bool = False) -> None:
        self.stall = stall
        self.started = asyncio.Event()
        self.closed = False

    async def run(
        self, calls: Sequence[ToolCall], *, on_run: Callable[[ToolRun], None] | None = None
    ) -> tuple[ToolRun, ...]:
        runs = []
        for call in calls:
            if runs and self.stall:
                self.started.set()
                await asyncio.Event().wait()
            runs.append(ToolRun(call_id=call.id, name=call.name, arguments=call.arguments, output=f"saw {call.id}"))
            if on_run is not None:
                on_run(runs[-1])
        return tuple(runs)

    async def close(self) -> None:
        self.closed = True


class Teller:
    """Hears everything."""

    def __init__(self) -> None:
        self.told: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        self.told.append(progress)

    @property
    def kinds(self) -> list[str]:
        return [type(progress).__name__ for progress in self.told]


class Slept:
    """A sleep that takes no time and remembers."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def driver(  # noqa: PLR0913 - every outside thing is an argument, as in the driver
    server: Server,
    *,
    tell: Callable[[Progress], None] = lambda progress: None,
    tools: Tools | None = None,
    journal: Journal | None = None,
    machine: Machine | None = None,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    turns: int = 0,
) -> Driver:
    endpoint = Endpoint(base_url=f"{server.url}/v1", model="m", profile=Profile(name="p", title=""))
    return Driver(
        machine or Machine(),
        ChatClient(endpoint, httpx.AsyncHTTPTransport()),
        system="be kind",
        tools=tools,
        journal=journal,
        tell=tell,
        clock=lambda: NOW,
        sleep=sleep or Slept(),
        turns=turns,
    )


async def played(one: Driver, *texts: str) -> list[Turn]:
    try:
        return [await one.say(text) for text in texts]
    finally:
        await one.close()


def restored(folder: Path) -> Restored:
    return restore(Journal.open(folder).entries)


def journal(folder: Path) -> Journal:
    return Journal.open(folder, clock=lambda: NOW)


# ---- a turn


def test_a_turn_is_told_in_order() -> None:
    """Start, text, each tool as it starts and as it has run, text again, end; with the turn as it came out."""
    tell = Teller()
    with serving(CALL, answers("two ", "things")) as server:
        (turn,) = asyncio.run(played(driver(server, tell=tell, tools=Looks()), "look"))
    assert tell.kinds == [
        *("TurnStarted", "ToolBuilding", "ToolBuilding", "UsageTold", "ToolStarted", "ToolStarted"),
        *("ToolRan", "ToolRan", "TextDelta", "TextDelta", "UsageTold", "TurnEnded"),
    ]
    first, last = tell.told[0], tell.told[-1]
    assert isinstance(first, TurnStarted)
    assert (first.turn.number, first.turn.outcome) == (1, "unfinished")
    assert isinstance(last, TurnEnded)
    assert last.turn is turn
    assert (turn.outcome, turn.reply, turn.started) == ("answered", "two things", NOW)
    assert [(run.call_id, run.turn) for run in turn.tool_runs] == [("a", 1), ("b", 1)]
    assert ToolStarted(name="look", arguments='{"at": 1}', call_id="a") in tell.told


def test_the_model_is_asked_with_what_has_become_of_it() -> None:
    """System prompt first; then the conversation, with each result directly behind its call."""
    with serving(CALL, answers("done"), echoes) as server:
        asyncio.run(played(driver(server, tools=Looks()), "look", "more"))
    assert [message["role"] for message in server.asked[1].messages] == ["system", "user", "assistant", "tool", "tool"]
    assert [message["content"] for message in server.asked[2].messages[-2:]] == ["done", "more"]
    assert [message.get("tool_call_id") for message in server.asked[1].messages[3:]] == ["a", "b"]


def test_usage_is_counted_over_all_requests_of_a_turn() -> None:
    """Also of those that ended in a tool call, or in nothing."""
    usage = {"usage": {"prompt_tokens": 10, "completion_tokens": 2}}
    play = sends(stream_head(), chunk({"content": "x"}, "stop", **usage))
    nothing = sends(stream_head(), chunk({}, "stop", **usage))
    with serving(nothing, play, play) as server:
        first, second = asyncio.run(played(driver(server), "a", "b"))
    assert (first.usage.input_tokens, first.usage.output_tokens) == (20, 4)
    assert second.usage.input_tokens == 10


def test_turns_are_counted_on_from_an_earlier_life() -> None:
    """And the number goes with each run and each request."""
    with serving(CALL, answers("x")) as server:
        (turn,) = asyncio.run(played(driver(server, tools=Looks(), turns=6), "look"))
    assert (turn.number, turn.tool_runs[0].turn) == (7, 7)


def test_a_call_without_tools_is_answered() -> None:
    """A model that calls a tool though none was offered is told so, and nothing is left open."""
    with serving(CALL, answers("sorry")) as server:
        (turn,) = asyncio.run(played(driver(server), "look"))
    assert turn.outcome == "answered"
    assert all(run.is_error for run in turn.tool_runs)
    assert server.asked[1].messages[3]["content"].startswith("Unknown tool: look")


def test_a_call_that_was_cut_off_is_not_run() -> None:
    """The model is told instead, and its next answer counts (reference fault L13)."""
    cut = sends(stream_head(), calls(("a", "look", '{"at": '), finish="length"))
    tell = Teller()
    with serving(cut, answers("smaller")) as server:
        (turn,) = asyncio.run(played(driver(server, tools=Looks(), tell=tell), "look"))
    assert (turn.reply, turn.tool_runs) == ("smaller", ())
    assert server.asked[1].messages[-1]["content"] == CUT_OFF
    assert "ToolStarted" not in tell.kinds


# ---- retries


def test_a_retry_waits_and_is_told() -> None:
    """The reason, the wait and the attempt are told before the wait; text is taken back only where some had come."""
    tell, slept = Teller(), Slept()
    half = sends(stream_head(), chunk({"content": "hal"}))
    with serving(BUSY, half, answers("whole")) as server:
        (turn,) = asyncio.run(played(driver(server, tell=tell, sleep=slept), "hi"))
    assert turn.reply == "whole"
    assert tell.kinds == [
        *("TurnStarted", "Retrying", "TextDelta", "Retrying", "TextTakenBack", "TextDelta", "UsageTold", "TurnEnded")
    ]
    retries = [told for told in tell.told if isinstance(told, Retrying)]
    assert [(told.attempt, told.delay) for told in retries] == [(2, 0.5), (3, 1.0)]
    assert "busy" in retries[0].reason
    assert slept.seconds == [0.5, 1.0]
    shown = ""
    for told in tell.told:
        shown = "" if isinstance(told, TextTakenBack) else shown + told.text if isinstance(told, TextDelta) else shown
    assert shown == "whole"


def test_a_refusal_ends_the_turn_with_its_words() -> None:
    """The error is the one line that the user sees, and the next question goes out with the refused one in it."""
    with serving(REFUSED, echoes) as server:
        first, second = asyncio.run(played(driver(server), "one", "two"))
    assert (first.outcome, first.reply) == ("failed", None)
    assert first.error == f"HTTP 400 from {server.url}/v1: no"
    assert second.reply == "echo: one\n\ntwo"


# ---- the journal


def test_each_message_is_journaled_once(tmp_path: Path) -> None:
    """What the journal gives back is the conversation, over questions, tools, failures and answers.

    (reference fault L1)
    """
    with serving(CALL, answers("done"), REFUSED, answers("at last")) as server:
        one = driver(server, tools=Looks(), journal=journal(tmp_path))
        asyncio.run(played(one, "look", "fails", "again"))
    again = restored(tmp_path)
    assert list(again.messages) == one.machine.messages
    assert again.turns == 3
    assert not [text for text in again.repairs if "twice" in text]


def test_a_tool_run_is_journaled_before_the_model_is_told(tmp_path: Path) -> None:
    """When the next request reaches the server, question, call, runs and results are on disk."""
    seen: list[Restored] = []
    with serving(CALL, lambda asked, wire: (seen.append(restored(tmp_path)), echoes(asked, wire))[0]) as server:
        asyncio.run(played(driver(server, tools=Looks(), journal=journal(tmp_path)), "look"))
    assert [message.role for message in seen[0].messages] == ["user", "assistant", "tool", "tool"]
    assert not seen[0].repairs


def test_a_question_is_journaled_before_it_is_sent(tmp_path: Path) -> None:
    """A crash at any later moment finds it there, with its request id."""
    seen: list[Restored] = []
    with serving(lambda asked, wire: (seen.append(restored(tmp_path)), echoes(asked, wire))[0]) as server:
        one = driver(server, journal=journal(tmp_path))

        async def said() -> None:
            await one.say("hi", request_id="r1")
            await one.close()

        asyncio.run(said())
    assert seen[0].unanswered == "r1"
    assert restored(tmp_path).answered == {"r1": "echo: hi"}


def test_going_on_says_nothing_again(tmp_path: Path) -> None:
    """A question from before a crash is sent as it stands, and journaled no second time."""
    journal(tmp_path).message(Message(role="user", content="hi"), request_id="r1", turn=1)
    with serving(echoes) as server:
        one = driver(server, machine=Machine(restored(tmp_path).messages), journal=journal(tmp_path))

        async def said() -> Turn:
            turn = await one.say("hi", request_id="r1", said=True)
            await one.close()
            return turn

        turn = asyncio.run(said())
    assert turn.reply == "echo: hi"
    assert [message.text for message in restored(tmp_path).messages] == ["hi", "echo: hi"]


def test_a_note_for_a_stopped_turn_is_no_answer_in_the_journal(tmp_path: Path) -> None:
    """After a crash the next question is still open, and the note stands where it stood."""
    with serving(CALL, REFUSED, REFUSED) as server:
        one = driver(server, tools=Looks(), journal=journal(tmp_path))

        async def said() -> None:
            await one.say("look", request_id="r1")
            await one.say("more", request_id="r2")
            await one.close()

        asyncio.run(said())
    again = restored(tmp_path)
    assert (again.unanswered, again.answered) == ("r2", {})
    assert list(again.messages) == one.machine.messages
    assert one.machine.messages[-2].text == STOPPED


def test_a_journal_that_cannot_be_written_stops_the_turn(tmp_path: Path) -> None:
    """Nothing is sent that is not on disk."""
    with serving(echoes) as server:
        one = driver(server, journal=Journal(tmp_path / "gone" / "conversation.jsonl"))
        with pytest.raises(DaemonError, match="cannot open"):
            asyncio.run(played(one, "hi"))
    assert server.asked == []


def test_a_reply_is_journaled_with_what_the_server_said_of_it(tmp_path: Path) -> None:
    """Usage, response id and stop reason stand beside the answer, and nowhere else."""
    kept: list[tuple[str, Reply | None]] = []

    class Keeps(Journal):
        def message(
            self,
            message: Message,
            *,
            request_id: str | None = None,
            turn: int | None = None,
            reply: Reply | None = None,
        ) -> None:
            kept.append((message.role, reply))
            super().message(message, request_id=request_id, turn=turn, reply=reply)

    with serving(CALL, answers("done")) as server:
        asyncio.run(played(driver(server, tools=Looks(), journal=Keeps(tmp_path / "conversation.jsonl")), "look"))
    assert [(role, reply is not None) for role, reply in kept] == [
        ("user", False),
        ("assistant", True),
        ("tool", False),
        ("tool", False),
        ("assistant", True),
    ]


# ---- stopping


def stopped(one: Driver, ready: Callable[[], Awaitable[object]]) -> None:
    """Say something, wait until it is `ready`, and stop it there."""

    async def said() -> None:
        task = asyncio.create_task(one.say("look", request_id="r1"))
        await asyncio.wait_for(ready(), 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await one.close()

    asyncio.run(said())


def test_stopping_the_model_closes_the_turn(tmp_path: Path) -> None:
    """The end is told, the question stays, and the next turn can be played."""
    tell, over = Teller(), threading.Event()
    with serving(holds(over, stream_head(), chunk({"content": "hal"}))) as server:
        one = driver(server, tell=tell, journal=journal(tmp_path))
        stopped(one, lambda: asyncio.to_thread(server.wait, 1))
        over.set()
    last = tell.told[-1]
    assert isinstance(last, TurnEnded)
    assert (last.turn.outcome, last.turn.error) == ("cancelled", "cancelled")
    assert restored(tmp_path).unanswered == "r1"
    with serving(echoes) as server:
        (turn,) = asyncio.run(played(driver(server, machine=one.machine), "more"))
    assert turn.reply == "echo: look\n\nmore"


def test_stopping_a_tool_keeps_what_was_done(tmp_path: Path) -> None:
    """Of two calls the first had run: its result stands, the second is told as interrupted, in journal and memory.

    (reference fault L27)
    """
    tell, tools = Teller(), Looks(stall=True)
    with serving(CALL) as server:
        one = driver(server, tell=tell, tools=tools, journal=journal(tmp_path))
        stopped(one, tools.started.wait)
    assert [message.text for message in one.machine.messages[2:]] == ["saw a", INTERRUPTED]
    assert list(restored(tmp_path).messages) == one.machine.messages
    last = tell.told[-1]
    assert isinstance(last, TurnEnded)
    assert [run.call_id for run in last.turn.tool_runs] == ["a"]


# ---- telling


def test_a_listener_that_fails_changes_nothing(tmp_path: Path) -> None:
    """Whatever it is told, it may raise: the turn is played, journaled and answered all the same, and it is noted."""

    def deaf(progress: Progress) -> None:
        raise ValueError(type(progress).__name__)

    with serving(CALL, BUSY, answers("done")) as server:
        one = driver(server, tell=deaf, tools=Looks(), journal=journal(tmp_path))
        (turn,) = asyncio.run(played(one, "look"))
    assert (turn.outcome, turn.reply) == ("answered", "done")
    assert len(turn.tool_runs) == 2
    assert list(restored(tmp_path).messages) == one.machine.messages
    assert one.trouble == "a listener failed: ValueError('TurnStarted')"


def test_a_turn_that_asks_too_often_is_stopped() -> None:
    """A model that calls tools for ever ends as a failed turn."""
    plays = [sends(stream_head(), calls((f"c{number}", "look", "{}"))) for number in range(4)]
    with serving(*plays) as server:
        one = driver(server, tools=Looks(), machine=Machine(limits=Limits(calls=3)))
        (turn,) = asyncio.run(played(one, "look"))
    assert (turn.outcome, turn.error) == ("failed", "stopped after 3 model calls in one turn")
    assert len(server.asked) == len(turn.tool_runs) == 3


def test_tools_that_ran_are_told_once() -> None:
    """One `ToolRan` a call, though the toolbox also returns them."""
    tell = Teller()
    with serving(CALL, answers("done")) as server:
        asyncio.run(played(driver(server, tell=tell, tools=Looks()), "look"))
    assert [told.run.call_id for told in tell.told if isinstance(told, ToolRan)] == ["a", "b"]


# ---- making the conversation shorter


TALK = (
    Message(role="user", content="one " * 2000),
    Message(role="assistant", content="yes"),
    Message(role="user", content="two " * 1500),
    Message(role="assistant", content="sure"),
)
FULL = Limits(window=4000, reserve=1000)


def kept_talk(folder: Path) -> Journal:
    """A journal that holds a long conversation."""
    kept = journal(folder)
    for message in TALK:
        kept.message(message, turn=1)
    return kept


def test_a_full_window_is_summed_up_on_the_way(tmp_path: Path) -> None:
    """With the same system prompt, told as `Compacted` and not as text; the journal gives back what the machine has."""
    tell = Teller()
    with serving(answers("Goal: it."), answers("there")) as server:
        machine = Machine(TALK, limits=FULL)
        one = driver(server, tell=tell, machine=machine, journal=kept_talk(tmp_path))
        (turn,) = asyncio.run(played(one, "hi"))
    assert turn.reply == "there"
    assert tell.kinds == ["TurnStarted", "Compacted", "UsageTold", "TextDelta", "UsageTold", "TurnEnded"]
    first, second = (asked.messages for asked in server.asked)
    assert first[0] == second[0] == {"role": "system", "content": "be kind"}
    assert [message["role"] for message in second] == ["system", "user"]
    assert list(restored(tmp_path).messages) == machine.messages


def test_the_user_can_wish_for_a_summary(tmp_path: Path) -> None:
    """No turn begins or ends; how much shorter it is comes back, or why it is not (reference fault 34)."""
    tell = Teller()
    with serving(answers("Goal: it."), REFUSED) as server:
        one = driver(server, tell=tell, machine=Machine(TALK), journal=kept_talk(tmp_path))

        async def wished() -> list[Compacted | str]:
            told = [await one.compact(), await one.compact()]
            await one.close()
            return told

        first, second = asyncio.run(wished())
    assert isinstance(first, Compacted)
    assert first.before > 2 * first.after
    assert second == "there is nothing to sum up: the conversation is as short as it gets"
    assert tell.kinds == ["Compacted", "UsageTold"]
    assert one.turns == 0
    assert list(restored(tmp_path).messages) == one.machine.messages


def test_the_overhead_of_a_request_is_counted() -> None:
    """System prompt and tools take room in every request (reference fault 32)."""
    with serving(echoes) as server:
        one = driver(server)
        asyncio.run(one.close())
    assert one.machine.limits.overhead == len("be kind") // 4


def test_a_question_that_goes_along_is_journaled_with_its_warning(tmp_path: Path) -> None:
    """The journal gives back the very text that was sent, warning included (reference faults 1, L1)."""
    with serving(REFUSED) as server:
        one = driver(server, machine=Machine(limits=FULL), journal=journal(tmp_path))
        asyncio.run(played(one, "a" * 1000, "b" * 7000, "c"))
    (message,) = one.machine.messages
    assert message.text.count("<context-warning>") == 1
    assert restored(tmp_path).messages == (message,)


# ---- answers in parts


def cut(text: str) -> Play:
    """An answer that ends at its token limit."""
    return sends(stream_head(), chunk({"content": text}, "length"))


def test_an_answer_in_parts_is_told_and_kept_as_one(tmp_path: Path) -> None:
    """The user sees each word once, over a retry too; the journal knows the whole answer (reference fault L7)."""
    tell = Teller()
    half = sends(stream_head(), chunk({"content": " four and"}))
    with serving(cut("one two three"), half, answers("two three four")) as server:
        one = driver(server, tell=tell, journal=journal(tmp_path))
        turn = asyncio.run(said_once(one))
    assert (turn.reply, turn.error) == ("one two three four", None)
    shown = ""
    for told in tell.told:
        shown = "" if isinstance(told, TextTakenBack) else shown + told.text if isinstance(told, TextDelta) else shown
    assert shown == turn.reply
    assert restored(tmp_path).answered == {"r1": "one two three four"}


async def said_once(one: Driver) -> Turn:
    turn = await one.say("count", request_id="r1")
    await one.close()
    return turn


def test_an_answer_without_end_is_over_in_the_journal_too(tmp_path: Path) -> None:
    """It was told with what is wrong with it: after a restart nobody asks again."""
    with serving(*(cut(f" part {number}") for number in range(4))) as server:
        one = driver(server, journal=journal(tmp_path))
        turn = asyncio.run(said_once(one))
    assert (turn.outcome, turn.error) == ("answered", CUT)
    again = restored(tmp_path)
    assert (again.unanswered, again.answered) == (None, {"r1": turn.reply})
    assert list(again.messages) == one.machine.messages


# ---- stopping gently


def test_an_interrupt_ends_the_turn_and_not_the_task(tmp_path: Path) -> None:
    """A request is broken off at once, the turn comes back as cancelled, and the next one plays.

    (reference fault 31)
    """
    over = threading.Event()
    with serving(holds(over, stream_head(), chunk({"content": "hal"}))) as server:
        one = driver(server, journal=journal(tmp_path))

        async def said() -> Turn:
            playing = asyncio.create_task(one.say("look", request_id="r1"))
            await asyncio.to_thread(server.wait, 1)
            one.interrupt()
            turn = await asyncio.wait_for(playing, 20)
            await one.close()
            return turn

        turn = asyncio.run(said())
        over.set()
    assert (turn.outcome, turn.error) == ("cancelled", "cancelled")
    assert restored(tmp_path).unanswered == "r1"
    with serving(echoes) as server:
        (turn,) = asyncio.run(played(driver(server, machine=one.machine), "more"))
    assert turn.reply == "echo: look\n\nmore"


def test_a_task_that_is_cancelled_is_cancelled_also_after_an_interrupt() -> None:
    """Who presses twice is not kept waiting, and a shutdown is not mistaken for a gentle stop."""
    over = threading.Event()
    with serving(holds(over, stream_head())) as server:
        one = driver(server)

        async def said() -> None:
            task = asyncio.create_task(one.say("look"))
            await asyncio.to_thread(server.wait, 1)
            one.interrupt()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await one.close()

        asyncio.run(said())
        over.set()
    assert one.machine.idle


def test_an_interrupt_lets_tools_end() -> None:
    """What they do is kept, and the model is not asked again."""
    with serving(CALL) as server:
        one = driver(
            server, tools=Looks(), tell=lambda told: one.interrupt() if isinstance(told, ToolStarted) else None
        )
        (turn,) = asyncio.run(played(one, "look"))
    assert turn.outcome == "cancelled"
    assert [message.text for message in one.machine.messages[2:]] == ["saw a", "saw b"]
    assert len(server.asked) == 1


def test_an_interrupt_ends_a_wait_between_attempts() -> None:
    """Nobody waits half a minute for a retry that is not wanted."""

    async def forever(seconds: float) -> None:
        one.interrupt()
        await asyncio.Event().wait()

    with serving(BUSY) as server:
        one = driver(server, sleep=forever)
        (turn,) = asyncio.run(played(one, "look"))
    assert turn.outcome == "cancelled"


def test_a_tool_that_ends_too_late_changes_nothing(tmp_path: Path) -> None:
    """Its call was answered as interrupted when the turn was stopped: nothing is kept or told of it.

    (reference fault L27)
    """
    late: list[Callable[[ToolRun], None]] = []

    class Slow(Looks):
        async def run(
            self,
            calls: Sequence[ToolCall],  # noqa: ARG002 - it is what a toolbox is handed
            *,
            on_run: Callable[[ToolRun], None] | None = None,
        ) -> tuple[ToolRun, ...]:
            assert on_run is not None
            late.append(on_run)
            self.started.set()
            await asyncio.Event().wait()
            return ()

    tell, tools = Teller(), Slow()
    with serving(CALL) as server:
        one = driver(server, tell=tell, tools=tools, journal=journal(tmp_path))
        stopped(one, tools.started.wait)
    before = (tmp_path / "conversation.jsonl").read_bytes()
    late[0](ToolRun(call_id="a", name="look", arguments="{}", output="late"))
    assert (tmp_path / "conversation.jsonl").read_bytes() == before
    assert tell.kinds[-1] == "TurnEnded"


# ---- what else is told


def test_each_reply_tells_what_it_took() -> None:
    """Of this reply, and how full the window is (reference fault 24)."""
    usage = {"usage": {"prompt_tokens": 10, "completion_tokens": 2}}
    tell = Teller()
    with serving(sends(stream_head(), chunk({"content": "x"}, "stop", **usage))) as server:
        asyncio.run(played(driver(server, tell=tell, machine=Machine(limits=Limits(window=5000))), "a"))
    assert [told for told in tell.told if isinstance(told, UsageTold)] == [
        UsageTold(usage=Usage(input_tokens=10, output_tokens=2), used=12, window=5000)
    ]


def test_what_was_mended_is_told() -> None:
    """Never silently: a conversation from an earlier life that a server might refuse."""
    tell = Teller()
    earlier = Machine([Message(role="assistant", content="yes")])
    with serving(echoes) as server:
        asyncio.run(played(driver(server, tell=tell, machine=earlier), "hi"))
    (told,) = [told for told in tell.told if isinstance(told, Repaired)]
    assert "is missing" in told.what


def test_closing_ends_what_tools_left_running() -> None:
    """Background jobs and MCP servers end with the executor, also where the client does not close well."""
    tools = Looks()
    with serving(CALL) as server:
        one = driver(server, tools=tools)
        asyncio.run(one.close())
    assert tools.closed
