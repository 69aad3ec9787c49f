"""Promises of nexdiag.agent.loop.asking: a request is sent again, made to fit, or given up in one clear line."""

from collections.abc import Sequence

import msgspec
import pytest

from nexdiag.agent.loop import (
    CallModel,
    Cancelled,
    Command,
    Compact,
    EndTurn,
    Event,
    Failed,
    Limits,
    Machine,
    Mended,
    Replied,
    RunTools,
    Said,
    Shortened,
    Summarise,
    Summarised,
    ToolsRan,
    budget,
    compaction,
    normalise,
)
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.core.turn import ToolRun

HI = Said(text="hi")
BUSY = Failed(reason="HTTP 503: busy", may_pass=True, status=503)
REFUSED = Failed(reason="HTTP 400: no", may_pass=False, status=400)
OVERFLOW = Failed(reason="HTTP 400: too long", may_pass=False, status=400, overflow=True, needed=9000, window=4000)
OVERFLOWN = Failed(reason="HTTP 413: request_too_large", may_pass=False, status=413, overflow=True)
"""Without any number."""
LIMITS = Limits(window=4000, reserve=1000)


def user(text: str) -> Message:
    return Message(role="user", content=text)


def model(text: str) -> Message:
    return Message(role="assistant", content=text)


def summed(text: str = "Goal: it.") -> Summarised:
    return Summarised(reply=Reply(message=model(text), finish_reason="stop"))


def text(said: str, **usage: int) -> Replied:
    return Replied(reply=Reply(message=model(said), finish_reason="stop", usage=Usage(**usage)))


def wants(name: str) -> Replied:
    made = (ToolCall(id=name, name="look", arguments="{}"),)
    return Replied(reply=Reply(message=Message(role="assistant", tool_calls=made), finish_reason="tool_calls"))


def ran(name: str, output: str) -> ToolsRan:
    return ToolsRan(runs=(ToolRun(call_id=name, name="look", arguments="{}", output=output),))


TALK = (user("one " * 2000), model("yes"), user("two " * 1500), model("sure"))
"""3500 tokens."""
WORK = tuple(
    message
    for number in range(4)
    for message in (
        user(f"question {number}"),
        msgspec.structs.replace(wants(f"c{number}").reply.message, role="assistant"),
        Message(role="tool", content="x" * 4000, tool_call_id=f"c{number}"),
        model("done"),
    )
)
"""4000 tokens, nearly all of them results."""


def lived(machine: Machine, *events: Event) -> list[Command]:
    return [machine.feed(event) for event in events]


def kinds(commands: Sequence[Command]) -> list[str]:
    return [type(command).__name__ for command in commands]


def shortened(machine: Machine) -> list[Shortened]:
    return [record for record in machine.drain() if isinstance(record, Shortened)]


# ---- before it is too late


def test_old_results_go_first() -> None:
    """Clearing costs no request; the model is asked as if nothing was, with what is left (reference fault 17)."""
    machine = Machine(WORK, limits=LIMITS)
    (command,) = lived(machine, HI)
    assert isinstance(command, CallModel)
    assert not isinstance(command, Summarise)
    assert [message.text == compaction.CLEARED for message in command.messages if message.role == "tool"] == [
        *(True, True, True),
        False,
    ]
    (record,) = shortened(machine)
    assert (record.cleared, record.summary) == (("c0", "c1", "c2"), "")
    assert record.after < record.before


def test_after_clearing_the_old_count_does_not_hold() -> None:
    """What the server counted had the results in it."""
    machine = Machine(WORK, limits=LIMITS)
    machine._room.meter.counted(4000, machine.messages)
    lived(machine, HI)
    (record,) = shortened(machine)
    assert record.before >= 4000
    assert record.after == machine.used < 2000


def test_a_fault_behind_what_was_looked_at_is_mended_too() -> None:
    """Only what is new is looked at before each request; what is found there is mended in the whole."""
    machine = Machine(TALK)
    lived(machine, HI, text("yo"), HI)
    machine.messages.append(user("again"))
    machine.phase = type(machine.phase).IDLE
    command = machine._call()
    assert isinstance(command, CallModel)
    assert [message.role for message in command.messages] == ["user", "assistant"] * 3 + ["user"]
    assert command.messages[-1].text == "hi\n\nagain"


def test_only_what_is_new_is_looked_at_before_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long conversation costs no more a request than a short one, but for its bytes."""
    looked: list[int] = []
    estimated: list[int] = []
    mend, estimate = normalise.mend, budget.estimate
    monkeypatch.setattr(normalise, "mend", lambda some, repairs: (looked.append(len(some)), mend(some, repairs))[1])
    monkeypatch.setattr(budget, "estimate", lambda some: (estimated.append(len(some)), estimate(some))[1])
    machine = Machine(limits=Limits(window=10**6, reserve=1000))
    for number in range(40):
        lived(machine, HI, wants(f"c{number}"), ran(f"c{number}", str(number)), text("yo"))
    assert len(machine.messages) == 160
    assert max(looked[9:]) <= 8
    assert max(estimated[9:]) <= 8


def test_a_summary_makes_room_before_the_next_request() -> None:
    """The open question stays word for word, and is what is asked next."""
    machine = Machine(TALK, limits=LIMITS)
    first, then = lived(machine, HI, summed())
    assert isinstance(first, Summarise)
    assert "hi" not in [message.text for message in first.messages]
    assert isinstance(then, CallModel)
    (message,) = then.messages
    assert message.text.startswith(f"{compaction.SUMMARY}\n\nGoal: it.")
    assert message.text.endswith("\n\nhi")
    (record,) = shortened(machine)
    assert (record.count, compaction.standing(record.summary)) == (5, message)


def test_room_is_made_before_every_request_not_only_at_a_question() -> None:
    """A long loop of tools fills the window between two questions (reference faults 34, 37)."""
    machine = Machine(limits=LIMITS)
    commands = lived(machine, HI, wants("a"), ran("a", "x" * 7000), wants("b"), ran("b", "y" * 7000))
    assert kinds(commands) == ["CallModel", "RunTools", "CallModel", "RunTools", "Summarise"]
    then = machine.feed(summed())
    assert isinstance(then, CallModel)
    assert [message.role for message in then.messages] == ["user"]


def test_a_summary_that_fails_costs_no_turn() -> None:
    """There is still room for an answer: it is asked for; after three failures nobody tries again.

    (reference faults 33, 34)
    """
    machine = Machine(TALK, limits=msgspec.structs.replace(LIMITS, calls=9))
    commands = lived(machine, HI)
    for number in range(5):
        if isinstance(commands[-1], Summarise):
            commands += lived(machine, summed(""))
        commands += lived(machine, wants(f"c{number}"), ran(f"c{number}", str(number)))
    assert kinds(commands).count("Summarise") == 3
    assert not shortened(machine)
    assert machine.messages[0] == TALK[0]


def test_a_request_for_a_summary_is_sent_again_as_any_other() -> None:
    """Its attempts are its own; half a stream is no summary."""
    machine = Machine(TALK, limits=LIMITS)
    half = Summarised(reply=summed("Goa").reply, broken="the stream broke off")
    commands = lived(machine, HI, BUSY, half, summed())
    assert kinds(commands) == ["Summarise", "Summarise", "Summarise", "CallModel"]
    assert [one.attempt for one in commands if isinstance(one, Summarise)] == [1, 2, 3]


def test_stopping_a_summary_changes_nothing() -> None:
    """The question stays, and goes along with the next."""
    machine = Machine(TALK, limits=LIMITS)
    lived(machine, HI, Cancelled())
    assert tuple(machine.messages[:-1]) == TALK
    assert machine.messages[-1].text.startswith("hi")


# ---- after the server said so


def test_an_overflow_is_compacted_and_asked_once_more() -> None:
    """Only a refusal that says so does that (reference fault L19); its numbers are believed."""
    machine = Machine(TALK)
    commands = lived(machine, HI, OVERFLOW, summed(), text("there"))
    assert kinds(commands) == ["CallModel", "Summarise", "CallModel", "EndTurn"]
    assert machine.limits.window == 4000
    assert commands[-1] == EndTurn(outcome="answered", reply="there")


def test_first_results_are_cleared_then_it_is_summed_up_then_it_ends() -> None:
    """Three requests at most, each shorter than the one before, and never twice the same (reference fault 17)."""
    machine = Machine(WORK)
    commands = lived(machine, HI, OVERFLOW, OVERFLOW, summed(), OVERFLOW)
    assert kinds(commands) == ["CallModel", "CallModel", "Summarise", "CallModel", "EndTurn"]
    sizes = [
        sum(len(message.text) for message in one.messages)
        for one in commands
        if isinstance(one, CallModel) and not isinstance(one, Summarise)
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3
    last = commands[-1]
    assert isinstance(last, EndTurn)
    assert (last.outcome, "and it could not be made shorter" in (last.error or "")) == ("failed", True)


def test_what_cannot_be_shortened_fails_with_both_numbers() -> None:
    """One line: what it takes, what there is, and why there was no summary."""
    machine = Machine(TALK)
    *_, last = lived(machine, HI, OVERFLOW, REFUSED)
    assert last == EndTurn(
        outcome="failed",
        error="the conversation takes 9000 tokens, but the context window holds 4000, "
        "and it could not be made shorter: HTTP 400: no",
    )


def test_a_request_for_a_summary_that_overflows_is_cut() -> None:
    """Its oldest messages are left out, and it is asked again: never the same twice."""
    machine = Machine(TALK)
    commands = lived(machine, HI, OVERFLOW, OVERFLOW, OVERFLOW, summed())
    assert kinds(commands) == ["CallModel", "Summarise", "Summarise", "Summarise", "CallModel"]
    asked = [command.messages for command in commands if isinstance(command, Summarise)]
    assert len(set(map(str, asked))) == 3


def test_one_message_longer_than_the_window_is_not_sent() -> None:
    """The conversation is as it was, and the next question goes out."""
    machine = Machine(TALK[:2], limits=LIMITS)
    (ended,) = lived(machine, Said(text="x" * 20_000))
    assert ended == EndTurn(
        outcome="failed",
        error="the message takes about 5000 tokens, but the context window holds 4000: it was not sent",
    )
    assert tuple(machine.messages) == TALK[:2]
    assert isinstance(machine.feed(HI), CallModel)


def test_one_message_that_proves_too_long_does_not_block_the_next() -> None:
    """The refused message is cut, and that is told; the turn fails, the conversation stays usable."""
    machine = Machine()
    lived(machine, Said(text="x" * 20_000), OVERFLOW)
    assert machine.idle
    assert any(isinstance(record, Mended) and "was cut" in record.what for record in machine.drain())
    command = machine.feed(HI)
    assert isinstance(command, CallModel)
    assert machine.used < 4000 * 0.8


@pytest.mark.parametrize("window", [131_072, None])
@pytest.mark.parametrize("earlier", [(), (user("q"), model("a " * 200))], ids=["alone", "later"])
def test_a_refusal_that_cannot_be_true_changes_nothing(window: int | None, earlier: tuple[Message, ...]) -> None:
    """A 413 without numbers, far below the window: the turn fails with the server's words, and no more.

    The window is the operator's, no word is cut, and the next question is asked with what was said before.
    """
    limits = Limits(window=window, reserve=1000)
    machine = Machine(earlier, limits=limits)
    question = "what is it? " * 75
    for number in range(4):
        machine.feed(Said(text=question))
        ended = machine.feed(OVERFLOWN)
        assert isinstance(ended, EndTurn)
        assert (ended.outcome, (ended.error or "").endswith(OVERFLOWN.reason)) == ("failed", True), number
        assert "\n" not in (ended.error or "")
    assert machine.limits == limits
    assert machine.messages == [*earlier, user("\n\n".join([question] * 4))]
    assert not shortened(machine)
    assert kinds(lived(machine, HI, text("yes"))) == ["CallModel", "EndTurn"]


def test_a_refusal_without_numbers_near_the_window_makes_it_shorter() -> None:
    """It may be true: a summary helps; a single message is not cut for it, and the line has the server's words."""
    machine = Machine(TALK)
    assert kinds(lived(machine, HI, OVERFLOWN, summed(), text("there"))) == [
        *("CallModel", "Summarise", "CallModel", "EndTurn")
    ]
    assert machine.limits.window is None
    alone = Machine()
    *_, ended = lived(alone, Said(text="x" * 20_000), OVERFLOWN)
    assert ended == EndTurn(
        outcome="failed",
        error="the conversation takes about 5000 tokens, but the server has no room for it, "
        f"and it could not be made shorter: {OVERFLOWN.reason}",
    )
    assert alone.messages == [user("x" * 20_000)]


# ---- summaries that are none


@pytest.mark.parametrize("finish", ["length", "max_tokens", "model_length"])
def test_a_summary_that_was_cut_off_is_wished_for_more_briefly(finish: str) -> None:
    """Half a summary never becomes the memory: it is asked for once more, and then the turn goes on without."""
    half = Summarised(reply=Reply(message=model("Goal: to fi"), finish_reason=finish))
    machine = Machine(TALK, limits=LIMITS)
    commands = lived(machine, HI, half, half)
    assert kinds(commands) == ["Summarise", "Summarise", "CallModel"]
    assert not shortened(machine)
    assert tuple(machine.messages[:3]) == TALK[:3]
    first, again = (command for command in commands if isinstance(command, Summarise))
    assert again.messages[:-1] == first.messages[:-1]
    assert again.messages[-1].text.endswith("Be brief: at most 150 words.")
    assert (first.max_tokens, again.max_tokens) == (600, 600)
    better = Machine(TALK, limits=LIMITS)
    assert kinds(lived(better, HI, half, summed())) == ["Summarise", "Summarise", "CallModel"]
    assert better.messages[0].text.startswith(f"{compaction.SUMMARY}\n\nGoal: it.")


@pytest.mark.parametrize(
    ("content", "finish", "why"),
    [
        ("Goal: to fi", "content_filter", "the server withheld the rest of the summary (content_filter)"),
        ("<think>The user wants " + "much " * 50, "stop", "no summary came"),
        ("", "stop", "no summary came"),
    ],
)
def test_what_is_no_whole_summary_is_not_kept(content: str, finish: str, why: str) -> None:
    """What a filter has cut, or what is only thinking, stands for no conversation; who wished for it hears why."""
    machine = Machine(TALK)
    *_, ended = lived(machine, Compact(), Summarised(reply=Reply(message=model(content), finish_reason=finish)))
    assert ended == EndTurn(outcome="failed", error=f"the conversation could not be summed up: {why}")
    assert tuple(machine.messages) == TALK


def test_thinking_beside_a_summary_is_left_out() -> None:
    """It would stand in every later request."""
    machine = Machine(TALK)
    lived(machine, Compact(), summed("<think>hm</think>Goal: it."))
    assert machine.messages[0].text.startswith(f"{compaction.SUMMARY}\n\nGoal: it.")


# ---- as the user wishes


def test_the_user_can_wish_for_it() -> None:
    """Also when there is room; a wish that cannot be granted says why."""
    machine = Machine(TALK)
    assert kinds(lived(machine, Compact(), summed())) == ["Summarise", "EndTurn"]
    assert len(machine.messages) == 1
    assert lived(machine, Compact())[0] == EndTurn(
        outcome="failed", error="there is nothing to sum up: the conversation is as short as it gets"
    )
    again = Machine(TALK)
    *_, failed = lived(again, Compact(), summed("x" * 14_000))
    assert failed == EndTurn(
        outcome="failed", error="the conversation could not be summed up: its summary is hardly shorter"
    )
    assert tuple(again.messages) == TALK


def test_a_question_after_a_wish_goes_along_with_the_summary() -> None:
    """Two messages of the user in a row are one."""
    machine = Machine(TALK)
    *_, command = lived(machine, Compact(), summed(), HI)
    assert isinstance(command, CallModel)
    (message,) = command.messages
    assert message.text.endswith("\n\nhi")


# ---- what a request may take


@pytest.mark.parametrize(("used", "granted"), [(100, None), (2800, None), (2950, 942), (3500, 392)])
def test_prompt_and_answer_fit_the_window(used: int, granted: int | None) -> None:
    """Where less is left than the answer may take, it is granted less (reference faults 15, 32)."""
    machine = Machine([user("q"), model("a")], limits=LIMITS)  # the question will be warned, in 28 tokens
    machine._room.meter.counted(used, machine.messages)
    machine._room._squeeze._failures = 3  # nothing is summed up
    command = machine.feed(HI)
    assert isinstance(command, CallModel)
    assert command.max_tokens == granted
    if granted is not None:
        assert machine.used + granted <= 4000


def test_the_server_s_count_is_where_the_estimate_begins() -> None:
    """It counts system prompt, tools and template as well; absurd numbers are not believed."""
    machine = Machine(limits=Limits(overhead=500))
    lived(machine, HI, text("x" * 400, input_tokens=700, output_tokens=90))
    assert machine.used == 790
    lived(machine, Said(text="y" * 400))
    assert machine.used == 890
    for absurd in (0, 1, 10**9, -5):
        other = Machine(limits=Limits(overhead=500))
        lived(other, HI, text("x" * 400, input_tokens=absurd))
        assert other.used == 600


def test_a_conversation_that_was_mended_is_told_once() -> None:
    """What an earlier life left is mended before anything is sent, and told."""
    machine = Machine([model("yes")])
    assert [record.what for record in machine.drain() if isinstance(record, Mended)] == [
        "a note was put where a message of the user is missing"
    ]
    lived(machine, HI, text("yo"))
    assert not [record for record in machine.drain() if isinstance(record, Mended)]


def test_tools_still_run_after_a_summary() -> None:
    """The turn goes on where it was."""
    machine = Machine(TALK, limits=LIMITS)
    *_, command = lived(machine, HI, summed(), wants("a"))
    assert isinstance(command, RunTools)
