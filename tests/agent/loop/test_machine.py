"""Promises of nexdiag.agent.loop: whatever comes, the conversation is one that the strictest server takes."""

import json
import re
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import replies, texts

from nexdiag.agent.loop import (
    CUT,
    CUT_OFF,
    INTERRUPTED,
    STOPPED,
    CallModel,
    Cancelled,
    Command,
    Compact,
    EndTurn,
    Event,
    Failed,
    GoOn,
    Joined,
    Limits,
    Machine,
    Phase,
    Replied,
    RunTools,
    Said,
    Summarised,
    ToolsRan,
    budget,
)
from nexdiag.agent.loop import machine as loop
from nexdiag.agent.loop.asking import WITHHELD
from nexdiag.agent.loop.calls import CALL_WITHHELD
from nexdiag.agent.loop.continuation import CONTINUE
from nexdiag.core.message import Message, Reply, ToolCall
from nexdiag.core.turn import ToolRun

BUSY = Failed(reason="HTTP 503 from h: busy", may_pass=True, status=503)
BROKEN = Failed(reason="HTTP 500 from h: boom", may_pass=True, status=500)
REFUSED = Failed(reason="HTTP 400 from h: no", may_pass=False, status=400)
HI = Said(text="hi")


def text(content: str | None, finish: str = "stop", reasoning: str | None = None) -> Replied:
    message = Message(role="assistant", content=content, reasoning=reasoning)
    return Replied(reply=Reply(message=message, finish_reason=finish))


def wants(*wanted: str, finish: str = "tool_calls", arguments: str = "{}", content: str | None = None) -> Replied:
    made = tuple(ToolCall(id=name, name="bash", arguments=arguments) for name in wanted)
    return Replied(
        reply=Reply(message=Message(role="assistant", content=content, tool_calls=made), finish_reason=finish)
    )


def ran(*names: str, output: str = "done") -> ToolsRan:
    return ToolsRan(runs=tuple(ToolRun(call_id=name, name="bash", arguments="{}", output=output) for name in names))


def after(*events: Event, limits: Limits | None = None, messages: Sequence[Message] = ()) -> tuple[Machine, Command]:
    """A machine that has lived through these events, and its last command."""
    machine = Machine(messages, limits=limits)
    *_, command = [machine.feed(event) for event in events]
    return machine, command


def said(machine: Machine) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in machine.messages]


@pytest.mark.parametrize("before", [(), (Said(text="hello"), text("hi"))], ids=["alone", "later"])
def test_a_message_that_its_server_counts_higher_than_we_do_ends_no_chat(before: Sequence[Event]) -> None:
    """A paste of which each character is a token: it fails in one line, and the next question fits."""
    limits = Limits(window=8192, reserve=2048, overhead=1800)
    paste = "abcd efg " * 944
    machine, command = after(*before, Said(text=paste), limits=limits)
    for _ in range(2):
        for _ in range(4):
            taken = limits.overhead + sum(len(message.text) for message in machine.messages)
            if isinstance(command, EndTurn) or taken <= 8192:
                break
            reason = f"the request has {taken} tokens"
            refused = Failed(reason=reason, may_pass=False, overflow=True, needed=taken, window=8192, status=400)
            command = machine.feed(refused)
        if isinstance(command, EndTurn):
            command = machine.feed(Said(text="what now?"))
    assert isinstance(command, CallModel)
    assert limits.overhead + sum(len(message.text) for message in command.messages) <= 8192
    assert "what now?" in command.messages[-1].text


def test_a_server_that_never_answered_is_not_waited_for() -> None:
    """A refused connection is tried again for as long as `start_up` says only if the server has answered before."""
    away = Failed(reason="refused", may_pass=True, kind="refused")
    limits = Limits(start_up=1000.0, refused_retries=1)
    _, command = after(HI, away, away, limits=limits)
    assert isinstance(command, EndTurn)
    _, command = after(HI, text("yes"), Said(text="more"), away, away, away, away, limits=limits)
    assert isinstance(command, CallModel)
    assert "away" in command.reason


# ---- the table

PHASES = "|".join(phase.name for phase in Phase)
ROW = re.compile(rf"^    ({PHASES}|any) +(\w+) +({PHASES}) +(\w+(?:\(\w+\))?)", re.MULTILINE)
ONCE = Limits(retries=0, stream_retries=0, empty_retries=0, calls=1)
WINDOW = Limits(window=2000)
LONG = (Message(role="user", content="q " * 3000), Message(role="assistant", content="a"))
"""Takes three quarters of `WINDOW`, and a question more makes it too much."""
OVERFLOW = Failed(reason="too long", may_pass=False, status=400, overflow=True, needed=5000, window=2000)
OVERFLOWN = Failed(reason="HTTP 413 from h: too large", may_pass=False, status=413, overflow=True)
SUMMED = Summarised(reply=text("all of it").reply)
HALF = Summarised(reply=text("al").reply, broken="the stream broke off")
NO_SUMMARY = Summarised(reply=text("").reply)
GONE = (Message(role="user", content="q"), Message(role="assistant", content="a"))
LIVES: dict[tuple[str, str, str, str], tuple[list[Event], Event, Limits | None, Sequence[Message]]] = {
    ("IDLE", "Said", "ASKING", "CallModel"): ([], HI, None, ()),
    ("IDLE", "Said", "SUMMARISING", "Summarise"): ([], HI, WINDOW, LONG),
    ("IDLE", "Said", "IDLE", "EndTurn(failed)"): ([], Said(text="x" * 9000), WINDOW, ()),
    ("IDLE", "Compact", "SUMMARISING", "Summarise"): ([], Compact(), None, GONE),
    ("IDLE", "Compact", "IDLE", "EndTurn(failed)"): ([], Compact(), None, ()),
    ("ASKING", "Failed", "SUMMARISING", "Summarise"): ([HI], OVERFLOW, None, LONG),
    ("RUNNING", "ToolsRan", "SUMMARISING", "Summarise"): (
        [HI, wants("a", "b")],
        ran("a", "b", output="x" * 4000),
        WINDOW,
        (),
    ),
    ("SUMMARISING", "Summarised", "ASKING", "CallModel"): ([HI], SUMMED, WINDOW, LONG),
    ("SUMMARISING", "Summarised", "SUMMARISING", "Summarise"): ([HI], HALF, WINDOW, LONG),
    ("SUMMARISING", "Summarised", "IDLE", "EndTurn(compacted)"): ([Compact()], SUMMED, None, LONG),
    ("SUMMARISING", "Summarised", "IDLE", "EndTurn(failed)"): ([Compact()], NO_SUMMARY, None, LONG),
    ("SUMMARISING", "Failed", "SUMMARISING", "Summarise"): ([HI], BUSY, WINDOW, LONG),
    ("SUMMARISING", "Failed", "ASKING", "CallModel"): ([HI], REFUSED, WINDOW, LONG),
    ("SUMMARISING", "Failed", "IDLE", "EndTurn(failed)"): ([Compact()], REFUSED, None, LONG),
    ("SUMMARISING", "Cancelled", "IDLE", "EndTurn(cancelled)"): ([Compact()], Cancelled(), None, LONG),
    ("IDLE", "GoOn", "ASKING", "CallModel"): ([], GoOn(), None, GONE[:1]),
    ("IDLE", "GoOn", "IDLE", "EndTurn(answered)"): ([], GoOn(), None, GONE),
    ("ASKING", "Replied", "IDLE", "EndTurn(answered)"): ([HI], text("yo"), None, ()),
    ("ASKING", "Replied", "RUNNING", "RunTools"): ([HI], wants("a"), None, ()),
    ("ASKING", "Replied", "ASKING", "CallModel"): ([HI], text(None), None, ()),
    ("ASKING", "Replied", "IDLE", "EndTurn(failed)"): ([HI], text(None), ONCE, ()),
    ("ASKING", "Failed", "ASKING", "CallModel"): ([HI], BUSY, None, ()),
    ("ASKING", "Failed", "IDLE", "EndTurn(failed)"): ([HI], REFUSED, None, ()),
    ("RUNNING", "ToolsRan", "ASKING", "CallModel"): ([HI, wants("a")], ran("a"), None, ()),
    ("RUNNING", "ToolsRan", "IDLE", "EndTurn(failed)"): ([HI, wants("a")], ran("a"), ONCE, ()),
    ("IDLE", "Cancelled", "IDLE", "EndTurn(cancelled)"): ([], Cancelled(), None, ()),
    ("ASKING", "Cancelled", "IDLE", "EndTurn(cancelled)"): ([HI], Cancelled(), None, ()),
    ("RUNNING", "Cancelled", "IDLE", "EndTurn(cancelled)"): ([HI, wants("a")], Cancelled(), None, ()),
}


def rows() -> set[tuple[str, str, str, str]]:
    found = ROW.findall(loop.__doc__ or "")
    phases = [phase.name for phase in Phase]
    return {(phase, *rest) for state, *rest in found for phase in (phases if state == "any" else [state])}


def named(command: Command) -> str:
    return f"EndTurn({command.outcome})" if isinstance(command, EndTurn) else type(command).__name__


def test_the_table_of_the_docstring_is_the_machine_s() -> None:
    """What the module says of itself is what it does: the same states, the same events, and every row can happen."""
    assert {(state, event) for state, event, *_ in rows()} == {
        (phase.name, kind.__name__) for phase, kind in Machine._TABLE
    }
    assert rows() == set(LIVES)


@pytest.mark.parametrize("row", sorted(LIVES), ids=" ".join)
def test_each_row_happens(row: tuple[str, str, str, str]) -> None:
    """The event in that state leads to that state and that command."""
    before, event, limits, messages = LIVES[row]
    machine = Machine(messages, limits=limits)
    for earlier in before:
        machine.feed(earlier)
    state = machine.phase.name
    command = machine.feed(event)
    assert (state, type(event).__name__, machine.phase.name, named(command)) == row


EVENTS: tuple[Event, ...] = (HI, GoOn(), Compact(), text("yo"), BUSY, ran(), SUMMED)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize(
    "life", [[], [HI], [HI, wants("a")], [HI, OVERFLOW]], ids=["idle", "asking", "running", "summarising"]
)
def test_an_event_out_of_place_changes_nothing(life: list[Event], event: Event) -> None:
    """It is a fault of the driver: it raises, and the conversation is as it was."""
    machine = Machine(LONG if life else ())
    for earlier in life:
        machine.feed(earlier)
    if (machine.phase, type(event)) in Machine._TABLE and not isinstance(event, GoOn):
        return
    before = list(machine.messages), machine.phase
    with pytest.raises(ValueError, match=r"cannot come while|nothing to go on with"):
        machine.feed(event)
    assert (machine.messages, machine.phase) == before


# ---- the law

hostile_replies = st.builds(
    lambda reply, role: msgspec.structs.replace(reply, message=msgspec.structs.replace(reply.message, role=role)),
    replies(),
    st.sampled_from(["assistant", "assistant", "user", "tool", ""]),
)
failures = st.builds(
    Failed, reason=texts, may_pass=st.booleans(), wait=st.floats(0, 300), status=st.sampled_from([None, 400, 500, 503])
)
blank = st.sampled_from(["", " ", "\n"]).map(text)


def strict(messages: Sequence[Message], *, running: bool) -> None:
    """Fail for a conversation that any server might refuse."""
    ids = [call.id for message in messages for call in message.tool_calls]
    assert len(ids) == len(set(ids))
    assert all(ids)
    open_calls: list[str] = []
    last = "assistant"
    for message in messages:
        if open_calls:
            assert (message.role, message.tool_call_id) == ("tool", open_calls.pop(0))
            assert message.text
        elif message.role == "user":
            assert last == "assistant"
            assert message.text
        else:
            assert message.role == "assistant"
            assert last in ("user", "tool")
            assert message.text.strip() or message.tool_calls
            assert message.content is None or message.text.strip()
        open_calls += [call.id for call in message.tool_calls]
        assert all(isinstance(json.loads(call.arguments), dict) for call in message.tool_calls)
        assert all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", call.name) for call in message.tool_calls)
        last = message.role
    assert bool(open_calls) == running


@st.composite
def lives(draw: st.DrawFn, machine: Machine) -> None:
    """Feed a machine up to thirty events, and look at the conversation after each."""
    command: Command | None = None
    for _ in range(draw(st.integers(1, 30))):
        command = machine.feed(draw(_next(machine, command)))
        running = machine.phase is Phase.RUNNING
        strict(machine.messages, running=running)
        if isinstance(command, CallModel):
            assert list(command.messages) == machine.messages
            assert machine.messages[-1].role in ("user", "tool")
            assert command.attempt <= 1 + machine.limits.retries + 2 + 2
        if isinstance(command, EndTurn) and command.outcome == "answered":
            assert command.reply
            assert command.reply.strip()
            assert machine.messages[-1].role == "assistant" or command.error  # it could not be gone on with
        assert all(message.text.count(budget.TAG) <= 1 for message in machine.messages)


def _next(machine: Machine, command: Command | None) -> st.SearchStrategy[Event]:
    cancelled = st.just(Cancelled())
    if machine.phase is Phase.ASKING:
        broken = st.builds(Replied, reply=hostile_replies, broken=st.none() | texts.filter(bool))
        return broken | broken | blank | failures | cancelled
    if isinstance(command, RunTools) and machine.phase is Phase.RUNNING:
        runs = [
            ToolRun(call_id=call.id, name=call.name, arguments=call.arguments, output=output)
            for call, output in zip(command.calls, ["", "x", "y", "z"], strict=False)
        ]
        stray = ToolRun(call_id="stray", name="x", arguments="", output="x")
        some = st.lists(st.sampled_from([*runs, stray]), max_size=6).map(tuple)
        return some.map(lambda given: ToolsRan(runs=given)) | some.map(lambda given: Cancelled(runs=given))
    speak = texts.filter(str.strip).map(lambda said: Said(text=said))
    return speak | st.just(GoOn()) if machine.messages else speak


@given(st.data(), st.sampled_from([None, 20, 200]), st.integers(1, 4))
def test_the_conversation_is_valid_after_every_event(data: st.DataObject, window: int | None, most: int) -> None:
    """For any order of answers, failures, tools, stops and hostile replies, no server has a reason to refuse it."""
    data.draw(lives(Machine(limits=Limits(window=window, calls=most, retries=most))))


@given(st.data())
def test_nothing_that_was_said_is_lost(data: st.DataObject) -> None:
    """Whatever fails, each word of the user is in the conversation, in order."""
    machine, spoken = Machine(), []
    for number in range(5):
        spoken.append(f"question {number}")
        machine.feed(Said(text=spoken[-1]))
        ending = data.draw(
            st.sampled_from(["answer", "fail", "overflow", "cut off", "cancel", "cancel tools", "fail after tools"])
        )
        events: dict[str, list[Event]] = {
            "answer": [text("yes")],
            "fail": [REFUSED],
            "overflow": [OVERFLOWN],
            "cut off": [text("half", "length"), REFUSED],
            "cancel": [Cancelled()],
            "cancel tools": [wants("a"), Cancelled()],
            "fail after tools": [wants("a"), ran("a"), REFUSED],
        }
        for event in events[ending]:
            machine.feed(event)
    asked = "\n\n".join(
        message.text for message in machine.messages if message.content != CONTINUE and message.role == "user"
    )
    assert asked.split("\n\n") == spoken


# ---- questions


def test_a_failed_question_goes_along_with_the_next() -> None:
    """Two questions in a row are one message: the first had no answer, and roles must alternate.

    (reference faults 2, L27)
    """
    machine, _ = after(HI, REFUSED, Said(text="again"), text("yes"), Said(text="more"))
    assert said(machine) == [("user", "hi\n\nagain"), ("assistant", "yes"), ("user", "more")]


def test_a_question_after_stopped_tools_stands_behind_a_note() -> None:
    """Some servers want the assistant between a tool and the user."""
    machine, _ = after(HI, wants("a"), Cancelled(), Said(text="again"))
    roles = [message.role for message in machine.messages]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]
    assert machine.messages[3].text == STOPPED


def test_the_warning_rides_in_the_user_s_message() -> None:
    """When the window fills, the very message that is sent holds the warning; no second one follows.

    (reference fault 1)
    """
    machine, command = after(HI, text("y" * 300), Said(text="more"), limits=Limits(window=100))
    assert isinstance(command, CallModel)
    assert [message.role for message in command.messages] == ["user", "assistant", "user"]
    assert command.messages[-1].text.startswith("more\n\n" + budget.TAG)
    assert "context-warning" not in machine.messages[0].text


def test_a_question_that_goes_along_brings_no_second_warning() -> None:
    """The first question was warned already; the message that both become is warned once."""
    machine, _ = after(Said(text="x" * 400), REFUSED, Said(text="y" * 400), limits=Limits(window=100))
    assert machine.messages[0].text.count(budget.TAG) == 1


def test_the_question_s_parts_survive_what_is_added() -> None:
    """An image from an earlier life is still there when the next question is merged into its message."""
    parts: list[dict[str, object]] = [{"type": "image_url", "image_url": {"url": "u"}}]
    machine, _ = after(Said(text="well?"), messages=[Message(role="user", content=parts)])
    assert machine.messages[0].content == [*parts, {"type": "text", "text": "well?"}]


def test_going_on_asks_the_same_again() -> None:
    """After a crash in mid-turn the conversation is sent as it stands; an answer that stands there is told."""
    asked = [Message(role="user", content="q")]
    _, command = after(GoOn(), messages=asked)
    assert isinstance(command, CallModel)
    assert list(command.messages) == asked
    _, command = after(GoOn(), messages=GONE)
    assert command == EndTurn(outcome="answered", reply="a")
    with pytest.raises(ValueError, match="nothing to go on with"):
        Machine().feed(GoOn())


# ---- tools


def test_each_call_is_answered_in_its_order() -> None:
    """Runs come in any order, and answers that nobody asked for are dropped."""
    machine, _ = after(
        HI, wants("a", "b"), ToolsRan(runs=(*ran("b", output="2").runs, *ran("x", "a", output="1").runs))
    )
    assert [(message.tool_call_id, message.text) for message in machine.messages[2:]] == [("a", "1"), ("b", "2")]


def test_tools_that_were_stopped_say_so() -> None:
    """Of two tools under way, the one that was done keeps its result."""
    machine, command = after(HI, wants("a", "b"), Cancelled(runs=ran("b").runs))
    assert [(message.text, message.is_error) for message in machine.messages[2:]] == [
        (INTERRUPTED, True),
        ("done", False),
    ]
    assert command == EndTurn(outcome="cancelled", error="cancelled")


def test_what_is_run_is_what_was_sent_and_what_is_kept_is_valid() -> None:
    """The tool hears the model's own arguments, so that it can say what is wrong; the history gets an object."""
    machine, command = after(HI, wants("a", arguments='{"path": "x'))
    assert isinstance(command, RunTools)
    assert command.calls[0].arguments == '{"path": "x'
    assert json.loads(machine.messages[1].tool_calls[0].arguments) == {"invalid_json": '{"path": "x'}


@pytest.mark.parametrize("arguments", ["", '{"command": "rm -r bui'])
def test_a_call_that_was_cut_off_is_not_run(arguments: str) -> None:
    """At the token limit the last call may lack its end, or all of its arguments: it is answered, and never run.

    (reference fault L13)
    """
    machine, command = after(HI, wants("a", "b", finish="length", arguments=arguments))
    assert isinstance(command, RunTools)
    assert [call.id for call in command.calls] == ["a"]
    machine.feed(ran("a"))
    assert [message.text for message in machine.messages[2:]] == ["done", CUT_OFF]


@pytest.mark.parametrize("arguments", ["", '{"command": "rm -r bui'])
def test_a_call_that_was_withheld_is_not_run(arguments: str) -> None:
    """What a filter has cut off is as little a whole call."""
    machine, command = after(HI, wants("a", finish="content_filter", arguments=arguments))
    assert command == RunTools(calls=())
    machine.feed(ran())
    assert machine.messages[-1].text == CALL_WITHHELD


def test_the_only_call_cut_off_runs_nothing() -> None:
    """Then no tool runs, the model is told, and may try again."""
    machine, command = after(HI, wants("a", finish="length", arguments="{"))
    assert command == RunTools(calls=())
    assert isinstance(machine.feed(ran()), CallModel)
    assert machine.messages[-1].text == CUT_OFF


def test_calls_of_an_earlier_life_are_mended() -> None:
    """A journal may hold what a server refuses (the reference's does): it goes out as an object all the same."""
    call = ToolCall(id="a", name="bash", arguments='{"command": "l')
    before = [
        Message(role="user", content="q"),
        Message(role="assistant", tool_calls=(call,)),
        Message(role="tool", content="no", tool_call_id="a"),
    ]
    machine, command = after(GoOn(), messages=before)
    assert isinstance(command, CallModel)
    strict(command.messages, running=False)
    assert machine.messages[0] is before[0]


def test_white_space_beside_calls_is_not_kept() -> None:
    """Gateways refuse an empty block of text; words beside a call stay."""
    for content, kept in ((" \n", None), ("", None), ("let me look", "let me look")):
        machine, _ = after(HI, wants("a", content=content))
        assert machine.messages[1].content == kept


def test_a_whole_call_at_the_token_limit_is_run() -> None:
    """A call that is an object to its last bracket was not cut."""
    _, command = after(HI, wants("a", finish="length", arguments='{"command": "ls"}'))
    assert isinstance(command, RunTools)
    assert len(command.calls) == 1


def test_ids_of_an_earlier_reply_are_not_used_again() -> None:
    """Servers that begin at call_0 with every reply are told apart, and the tool answers under the new id.

    (reference fault L11)
    """
    machine, command = after(HI, wants("call_0"), ran("call_0"), wants("call_0"))
    assert isinstance(command, RunTools)
    assert command.calls[0].id == "call00001"
    machine.feed(ran("call00001", output="second"))
    assert (machine.messages[-1].tool_call_id, machine.messages[-1].text) == ("call00001", "second")


def test_a_turn_ends_when_it_asks_too_often() -> None:
    """A model that never stops calling tools is stopped, and the next question begins anew."""
    machine, command = after(HI, wants("a"), ran("a"), wants("b"), ran("b"), limits=Limits(calls=2))
    assert command == EndTurn(outcome="failed", error="stopped after 2 model calls in one turn")
    assert isinstance(machine.feed(HI), CallModel)


# ---- failures


def retried(*events: Event, limits: Limits | None = None) -> list[Command]:
    machine = Machine(limits=limits)
    machine.feed(HI)
    return [machine.feed(event) for event in events]


def test_what_may_pass_is_asked_again_with_longer_and_longer_waits() -> None:
    """The same conversation goes out again; the wait doubles up to its limit; the last failure is the error."""
    limits = Limits(retries=4, first_delay=1.0, longest_delay=3.0)
    *again, last = retried(BUSY, BUSY, BUSY, BUSY, BUSY, limits=limits)
    assert all(isinstance(command, CallModel) for command in again)
    asked = [command for command in again if isinstance(command, CallModel)]
    assert [(command.attempt, command.delay) for command in asked] == [(2, 1.0), (3, 2.0), (4, 3.0), (5, 3.0)]
    assert {command.reason for command in asked} == {BUSY.reason}
    assert all(command.messages == (Message(role="user", content="hi"),) for command in asked)
    assert last == EndTurn(outcome="failed", error=BUSY.reason)


def test_a_refusal_is_final() -> None:
    """To send again what was refused changes nothing."""
    assert retried(REFUSED) == [EndTurn(outcome="failed", error=REFUSED.reason)]


def test_the_same_500_twice_is_final() -> None:
    """Templates that fail answer with a 500, each time in the same words; other words are another failure."""
    other = msgspec.structs.replace(BROKEN, reason="HTTP 500 from h: else")
    assert [named(command) for command in retried(BROKEN, BROKEN)] == ["CallModel", "EndTurn(failed)"]
    assert [named(command) for command in retried(BROKEN, other, BROKEN)] == ["CallModel"] * 3
    assert [named(command) for command in retried(BUSY, BUSY, BUSY)] == ["CallModel"] * 3


def test_the_server_s_wait_wins_when_it_is_longer() -> None:
    """Retry-After is the least that is waited, never the most."""
    longer, shorter = (msgspec.structs.replace(BUSY, wait=wait) for wait in (17.0, 0.1))
    commands = retried(longer, shorter)
    assert [command.delay for command in commands if isinstance(command, CallModel)] == [17.0, 1.0]


def test_a_new_request_has_its_attempts_again() -> None:
    """The attempts of one answer are not taken from the next."""
    _, command = after(HI, BUSY, BUSY, wants("a"), ran("a"), BUSY, limits=Limits(retries=2))
    assert isinstance(command, CallModel)
    assert command.attempt == 2


@given(replies().filter(lambda reply: not reply.complete))
def test_an_incomplete_reply_is_never_an_answer(reply: Reply) -> None:
    """Half a stream is asked for again, whatever it held; no tool runs on it, and nothing of it is kept.

    (reference fault L6)
    """
    machine, command = after(HI, Replied(reply=reply))
    assert isinstance(command, CallModel)
    assert len(machine.messages) == 1


@pytest.mark.parametrize(
    ("reply", "told", "again"),
    [
        (text(None), "answered nothing", True),
        (text(" \n"), "answered nothing", True),
        (text(None, reasoning="hm"), "thought aloud", True),
        (text(None, "length", reasoning="hm"), "used up its tokens", False),
        (text("", "content_filter"), "withheld", False),
        (text(None, "model_length", reasoning="hm"), "used up its tokens", False),
        (msgspec.structs.replace(text("half"), broken="the stream broke off"), "the stream broke off", True),
    ],
)
def test_no_answer_says_why(reply: Replied, told: str, again: bool) -> None:
    """Thoughts are no answer; what would come again the same way is not asked for again (reference faults L6, L17)."""
    machine, command = after(HI, reply)
    why = command.reason if isinstance(command, CallModel) else command.error if isinstance(command, EndTurn) else None
    assert told in (why or "")
    assert isinstance(command, CallModel) == again
    assert len(machine.messages) == 1


def test_cancelled_while_asking_leaves_the_question() -> None:
    """What was asked stays, and goes along with what is asked next."""
    machine, command = after(HI, Cancelled())
    assert command == EndTurn(outcome="cancelled", error="cancelled")
    assert said(machine) == [("user", "hi")]


def test_the_incident_can_be_made() -> None:
    """Whoever hands in another way to attach the warning gets it: the demo shows the fault that way."""

    def push(messages: Sequence[Message], told: str) -> list[Message]:
        return [*messages, Message(role="user", content=told)]

    machine = Machine(limits=Limits(window=10, reserve=9), attach_warning=push)
    machine.feed(HI)
    assert [message.role for message in machine.messages] == ["user", "user"]


# ---- answers in parts


def test_an_answer_that_was_cut_off_is_continued() -> None:
    """The model is asked to go on; the user gets one answer, without what was said twice."""
    machine, command = after(HI, text("The answer is fo", "length"))
    assert isinstance(command, CallModel)
    assert said(machine)[1:] == [("assistant", "The answer is fo"), ("user", CONTINUE)]
    assert command.before == "The answer is fo"
    assert machine.feed(text("answer is forty")) == EndTurn(outcome="answered", reply="The answer is forty")
    strict(machine.messages, running=False)


def test_an_answer_without_end_says_so() -> None:
    """After three continuations it is told as what it is, and never as a finished answer."""
    machine, command = after(HI, *(text(f" part {number}", "length") for number in range(4)))
    assert command == EndTurn(outcome="answered", reply=" part 0 part 1 part 2 part 3", error=CUT)
    assert machine.messages[-1].text == " part 3"


def test_an_answer_that_a_filter_cut_says_so() -> None:
    """The user gets what came, and hears that it is not whole; also where it was to continue another."""
    _, command = after(HI, text("One may", "content_filter"))
    assert command == EndTurn(outcome="answered", reply="One may", error=WITHHELD)
    _, command = after(HI, text("One ", "length"), text("may", "content_filter"))
    assert command == EndTurn(outcome="answered", reply="One may", error=WITHHELD)
    assert WITHHELD == "the server withheld the rest of the answer (content_filter)"


def test_an_answer_that_filled_the_window_is_not_drawn_out() -> None:
    """Mistral says `model_length`: there is no room to go on, and it is no whole answer."""
    _, command = after(HI, text("One may", "model_length"))
    assert command == EndTurn(outcome="answered", reply="One may", error=CUT)


@pytest.mark.parametrize("ending", [REFUSED, Cancelled(), OVERFLOWN], ids=["refused", "cancelled", "overflown"])
def test_a_wish_to_go_on_that_failed_does_not_stand_before_the_next_question(ending: Event) -> None:
    """The model hears the question alone; what the journal holds comes back as the same conversation."""
    machine, command = after(HI, text("half", "length"), ending, Said(text="another"))
    assert isinstance(command, CallModel)
    assert said(machine) == [("user", "hi"), ("assistant", "half"), ("user", "another")]
    joined = [record.message for record in machine.drain() if isinstance(record, Joined)]
    assert [message.text for message in joined] == ["hi", "half", CONTINUE, "another"]
    assert Machine(joined).messages == machine.messages


def test_half_an_answer_is_better_than_none() -> None:
    """If it cannot be continued, the user gets what there is, and why it is not more."""
    _, command = after(HI, text("half", "length"), REFUSED)
    assert command == EndTurn(
        outcome="answered", reply="half", error=f"{CUT}, and could not be continued: {REFUSED.reason}"
    )
    _, command = after(HI, text("half", "length"), Cancelled())
    assert command == EndTurn(outcome="cancelled", error="cancelled")


def test_a_crash_in_the_middle_of_an_answer_loses_none_of_it() -> None:
    """The parts that were said before are part of the answer that comes now."""
    machine, _ = after(HI, text("one ", "length"), text("two ", "length"))
    _, command = after(GoOn(), text("three"), messages=machine.messages)
    assert command == EndTurn(outcome="answered", reply="one two three")


def test_a_full_window_ends_a_continuation() -> None:
    """An answer is not drawn out until nothing fits any more."""
    _, command = after(HI, text("x" * 6000, "length"), limits=WINDOW)
    assert command == EndTurn(outcome="answered", reply="x" * 6000, error=CUT)


# ---- circles, and calls that are too long


def test_a_model_that_goes_in_circles_is_told_then_stopped() -> None:
    """The third time it is told, the fifth the turn fails with the reason; the next turn counts anew.

    (reference fault 39)
    """
    machine, command = after(HI, *(event for _ in range(5) for event in (wants("a"), ran_last())))
    assert isinstance(command, EndTurn)
    assert (command.outcome, "went in circles" in (command.error or "")) == ("failed", True)
    results = [message.text for message in machine.messages if message.role == "tool"]
    assert ["in a row" in text for text in results] == [False, False, True, True, True]
    assert isinstance(machine.feed(HI), CallModel)


def ran_last() -> ToolsRan:
    """What each call gave, whatever its id became."""
    ids = ["a", *(f"call{number:05d}" for number in range(1, 9))]
    return ran(*ids)


def test_a_call_that_would_fill_the_window_is_not_run() -> None:
    """It stays in short, the model is told to send smaller pieces, and the journal holds the same.

    (reference fault 36)
    """
    machine, command = after(HI, wants("a", arguments='{"content": "%s"}' % ("x" * 3000)), limits=WINDOW)
    assert command == RunTools(calls=())
    machine.feed(ran())
    assert "smaller pieces" in machine.messages[-1].text
    assert machine.used < 600
    strict(machine.messages, running=False)
    assert [record.message for record in machine.drain() if isinstance(record, Joined)] == machine.messages


def test_a_huge_call_stays_in_short_also_where_no_window_is_known() -> None:
    """30 MB of arguments would go out again with every later request."""
    machine, command = after(HI, wants("a", arguments='{"content": "%s"}' % ("x" * 30_000_000)))
    assert command == RunTools(calls=())
    assert isinstance(machine.feed(ran()), CallModel)
    assert "smaller pieces" in machine.messages[-1].text
    assert sum(len(call.arguments) for message in machine.messages for call in message.tool_calls) < 1000


def test_a_blank_beside_a_question_is_no_message() -> None:
    """What joins the conversation is told in its order, also what goes along with an older question."""
    machine = Machine()
    machine.feed(HI)
    machine.feed(REFUSED)
    machine.feed(Said(text="again"))
    assert [record.message.text for record in machine.drain() if isinstance(record, Joined)] == ["hi", "again"]
