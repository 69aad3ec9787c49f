"""A recording again, offline."""

import asyncio
import functools
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from nexdiag.agent import loop
from nexdiag.agent.tools.toolbox import standard
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.capture.recorder import InSession
from nexdiag.capture.transport import RecordingTransport
from nexdiag.codec import chat
from nexdiag.codec.body import Splitter
from nexdiag.codec.scenario import of_texts
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import CassetteError, EndpointError, NothingToDo, UsageError
from nexdiag.core.exchange import Request
from nexdiag.core.fault import Fault
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.core.scenario import Scenario
from nexdiag.core.turn import Session, ToolRun
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.crew import live_transport
from nexdiag.runner.host import recording
from nexdiag.runner.load import load
from nexdiag.runner.play import Stage, play, telling
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.rerun import Outside, rerun

THREE = of_texts("three", ("One.", "Two.", "Three."))


@functools.cache
def three(folder: Path) -> bytes:
    """The plain recording, made once."""
    record(folder / "three.cassette.jsonl", msgspec.structs.replace(THREE))
    return (folder / "three.cassette.jsonl").read_bytes()


def record(path: Path, scenario: Scenario = THREE, **limits: int) -> Cassette:
    """A cassette of a live run against a stub."""
    if scenario is THREE and not limits:
        path.write_bytes(three(path.parents[1]))
        return load(path)

    async def run(url: str) -> None:
        endpoint = Endpoint(base_url=f"{url}/v1", model="m", profile=profiles.named("llama.cpp"), **limits)
        with recording(path, endpoint, scenario) as recorder:
            transport = RecordingTransport(live_transport(), recorder)
            await play(scenario, Stage(endpoint=endpoint, transport=transport, tell=telling(recorder)))

    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        asyncio.run(run(url))
    return load(path)


def test_a_rerun_of_an_unchanged_executor_is_exact(tmp_path: Path) -> None:
    """Every turn is exact, nothing differs, and the replies are those of the recording."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    run = rerun(cassette)
    assert [turn.outcome for turn in run.replayed] == ["exact", "exact", "exact"]
    assert run.differences == ()
    assert run.session is not None
    assert [turn.reply for turn in run.session.turns] == [turn.reply for turn in cassette.turns]


def test_a_changed_prompt_is_one_change_in_the_first_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the executor sends differently is named by turn and path, with both values."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    monkeypatch.setattr("nexdiag.runner.play.system_prompt", lambda **_: "You are somebody else.")
    first = rerun(cassette).replayed[0]
    assert first.outcome == "changed"
    assert first.differences[0].pointer == "/messages/0/content"
    assert first.differences[0].right == "You are somebody else."
    assert str(first.differences[0].left).startswith("You are nex")


def test_a_message_put_in_between_is_one_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request with one more message differs from its recording by that message alone."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    ask = loop.Machine._ask

    def twice(machine: loop.Machine) -> loop.Command:
        command = ask(machine)
        if isinstance(command, loop.CallModel) and len(command.messages) > 1:
            extra = msgspec.structs.replace(command.messages[0], content="I am new here.")
            command = msgspec.structs.replace(command, messages=(command.messages[0], extra, *command.messages[1:]))
        return command

    monkeypatch.setattr(loop.Machine, "_ask", twice)
    replayed = rerun(cassette).replayed
    assert [turn.outcome for turn in replayed] == ["exact", "changed", "changed"]
    assert (replayed[1].differences[0].pointer, replayed[1].differences[0].kind) == ("/messages/2", "added")
    assert "shares its first 2 messages" in replayed[1].note


def test_a_turn_that_asks_for_less_than_was_recorded_is_missing(tmp_path: Path) -> None:
    """A recorded exchange that no request asked for is told; it never passes silently."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    last = cassette.exchanges[-1]
    doubled = msgspec.structs.replace(cassette, exchanges=(*cassette.exchanges, msgspec.structs.replace(last, id=3)))
    assert [turn.outcome for turn in rerun(doubled).replayed] == ["exact", "exact", "missing"]


def test_a_shared_splitter_changes_nothing_but_the_cost(tmp_path: Path) -> None:
    """The splitter that read the cassette may be handed to the rerun."""
    record(tmp_path / "c.cassette.jsonl")
    splitter = Splitter()
    run = rerun(load(tmp_path / "c.cassette.jsonl", splitter=splitter), splitter=splitter)
    assert {turn.outcome for turn in run.replayed} == {"exact"}


def test_a_recording_without_turns_is_nothing_to_do() -> None:
    """A cassette of another client has no turn for our executor: exit 4, not a pass."""
    with pytest.raises(NothingToDo, match="no turn"):
        rerun(Cassette(header=Header()))


WHOLE = ("exact", "exact", "exact")


def changed(cassette: Cassette, turn: int, **fields: object) -> Cassette:
    """The recording with one turn that was recorded otherwise."""
    turns = list(cassette.turns)
    turns[turn - 1] = msgspec.structs.replace(turns[turn - 1], **fields)
    return msgspec.structs.replace(cassette, turns=tuple(turns))


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"reply": "Another reply."}, "(reply)"),
        ({"outcome": "failed"}, "(outcome)"),
        ({"error": "It broke."}, "(error)"),
        ({"usage": Usage(input_tokens=7)}, "(tokens)"),
        ({"tool_runs": (ToolRun(call_id="c", name="glob", arguments="{}", output="x"),)}, "(tools)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_comes_of_a_turn_is_compared(tmp_path: Path, fields: dict[str, object], pointer: str) -> None:
    """A turn is exact only if its end, reply, error, tokens and tool runs are the recorded ones."""
    run = rerun(changed(record(tmp_path / "c.cassette.jsonl"), 2, **fields))
    assert [turn.outcome for turn in run.replayed] == ["exact", "changed", "exact"]
    assert [one.pointer for one in run.replayed[1].differences] == [pointer]
    assert run.differs


@pytest.mark.parametrize("outcome", ["cancelled", "unfinished"])
def test_a_turn_that_was_cut_short_is_unchecked_and_so_is_what_follows(tmp_path: Path, outcome: str) -> None:
    """What cannot be judged is said to be unchecked: neither exact nor changed."""
    run = rerun(changed(record(tmp_path / "c.cassette.jsonl"), 2, outcome=outcome))
    assert [turn.outcome for turn in run.replayed] == ["exact", "unchecked", "unchecked"]
    assert outcome in run.replayed[1].note
    assert not run.differs


def test_a_recording_whose_first_turn_was_cut_short_is_nothing_to_do(tmp_path: Path) -> None:
    """There is nothing that could be played, and that is no pass."""
    with pytest.raises(NothingToDo, match="cancelled"):
        rerun(changed(record(tmp_path / "c.cassette.jsonl"), 1, outcome="cancelled"))


def test_a_recording_that_begins_in_the_middle_goes_on_from_its_first_request(tmp_path: Path) -> None:
    """A daemon that was started again records turn 2 and later; what came before stands in the first request."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    later = msgspec.structs.replace(cassette, turns=cassette.turns[1:], exchanges=cassette.exchanges[1:])
    run = rerun(later)
    assert [(turn.number, turn.outcome) for turn in run.replayed] == [(2, "exact"), (3, "exact")]


def test_conversations_recorded_side_by_side_are_each_played(tmp_path: Path) -> None:
    """Two chats that took turns in one recording: each is played as it was, and named by its session."""
    path = tmp_path / "c.cassette.jsonl"

    async def run(url: str) -> None:
        endpoint = Endpoint(base_url=f"{url}/v1", model="m", profile=profiles.named("llama.cpp"))
        with recording(path, endpoint, THREE) as recorder:

            async def chat(session: str) -> None:
                own = InSession(recorder, session)
                transport = RecordingTransport(live_transport(), own)
                await play(THREE, Stage(endpoint=endpoint, transport=transport, tell=telling(own)))

            await asyncio.gather(chat(""), chat("2"))

    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        asyncio.run(run(url))
    found = rerun(load(path)).replayed
    assert [(turn.session, turn.number, turn.outcome) for turn in found] == [
        (session, number, "exact") for session in ("", "2") for number in (1, 2, 3)
    ]


def test_turns_out_of_order_are_refused_and_not_judged(tmp_path: Path) -> None:
    """A conversation that holds turn 1 twice: it is said that it cannot be replayed, not that it differs."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    first = cassette.turns[0]
    with pytest.raises(CassetteError, match="not numbered in order"):
        rerun(msgspec.structs.replace(cassette, turns=(first, first, *cassette.turns[1:])))


def test_a_turn_that_was_taken_up_again_is_unchecked(tmp_path: Path) -> None:
    """A daemon killed in turn 2 that took it up again: turn 1 is played, what came after is told as unchecked."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    cut = msgspec.structs.replace(cassette.turns[1], outcome="unfinished", reply=None, exchanges=())
    found = rerun(msgspec.structs.replace(cassette, turns=(cassette.turns[0], cut, *cassette.turns[1:]))).replayed
    assert [(turn.number, turn.outcome) for turn in found] == [
        (1, "exact"),
        (2, "unchecked"),
        (2, "unchecked"),
        (3, "unchecked"),
    ]


def test_what_another_client_said_is_not_played_with_ours(tmp_path: Path) -> None:
    """Our executor would send something else, and every turn would differ: it is said which client it was."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    foreign = tuple(
        msgspec.structs.replace(
            one, request=msgspec.structs.replace(one.request, headers=(("user-agent", "OpenAI/Python 3.54"),))
        )
        for one in cassette.exchanges
    )
    with pytest.raises(NothingToDo, match="OpenAI/Python"):
        rerun(msgspec.structs.replace(cassette, exchanges=foreign))


@pytest.mark.parametrize(
    ("limits", "wanted"), [({"max_tokens": 64}, 64), ({"window": 300}, 75), ({"max_tokens": 500, "window": 300}, 75)]
)
def test_a_scenario_with_limits_of_its_own_replays_exactly(tmp_path: Path, limits: dict[str, int], wanted: int) -> None:
    """The header says what was really sent, whichever way the scenario was played."""
    cassette = record(tmp_path / "c.cassette.jsonl", msgspec.structs.replace(THREE, **limits))
    assert tuple(turn.outcome for turn in rerun(cassette).replayed) == WHOLE
    sent = msgspec.json.decode(cassette.exchanges[0].request.body.join())["max_tokens"]
    assert cassette.header.max_tokens == sent == wanted


def test_an_endpoint_with_limits_of_its_own_replays_exactly(tmp_path: Path) -> None:
    """What the config of the endpoint limits is taken from the header, where no scenario says it."""
    cassette = record(tmp_path / "c.cassette.jsonl", max_tokens=99)
    assert tuple(turn.outcome for turn in rerun(cassette).replayed) == WHOLE


def test_another_route_is_a_difference_of_the_path(tmp_path: Path) -> None:
    """A request that goes elsewhere is named by its path, not by its body."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    elsewhere = msgspec.structs.replace(cassette.header, origin="http://127.0.0.1:1/other/v1")
    first = rerun(msgspec.structs.replace(cassette, header=elsewhere)).replayed[0]
    assert (first.differences[0].pointer, first.differences[0].right) == ("(path)", "/other/v1/chat/completions")


def test_an_extra_request_is_extra(tmp_path: Path) -> None:
    """A turn that asks for more than was recorded of it is told so, with no difference to show."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    fewer = msgspec.structs.replace(cassette, exchanges=cassette.exchanges[:-1])
    fewer = changed(fewer, 3, exchanges=())
    assert [turn.outcome for turn in rerun(fewer).replayed] == ["exact", "exact", "extra"]


def record_tools(tmp_path: Path, calls: int) -> Cassette:
    """A turn with a retry, a tool call that reads a file, and an answer, as far as `calls` model calls take it."""
    call = ToolCall(id="c1", name="read_file", arguments='{"path": "there.txt"}')
    calling = Reply(message=Message(role="assistant", tool_calls=(call,)), finish_reason="tool_calls")
    done = Reply(message=Message(role="assistant", content="Read."), finish_reason="stop")
    answers = [b"", *(b"".join(chat.encode_stream(reply, created=1, usage=True)) for reply in (calling, done))]
    scenario = msgspec.structs.replace(of_texts("tools", ("Read it.",)), tools=("read_file",))

    async def scripted(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's types
        assert scope["type"] == "http", scope
        await receive()
        body = answers.pop(0)
        status = 200 if body else 503
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/event-stream")]}
        )
        await send({"type": "http.response.body", "body": body})

    async def run(url: str) -> None:
        endpoint = Endpoint(base_url=f"{url}/v1", model="m", profile=profiles.named("llama.cpp"))
        with recording(tmp_path / "c.cassette.jsonl", endpoint, scenario, calls=calls) as recorder:
            stage = Stage(
                calls=calls,
                endpoint=endpoint,
                transport=RecordingTransport(live_transport(), recorder),
                tools=standard(Workspace(tmp_path)).subset(scenario.tools),
                tell=telling(recorder),
            )
            await play(scenario, stage)

    with serving.running(scripted) as url:
        asyncio.run(run(url))
    return load(tmp_path / "c.cassette.jsonl")


def test_no_tool_is_run_and_no_backoff_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tool results come from the recording, though the file has changed since; a retry is not waited for."""
    target = tmp_path / "there.txt"
    target.write_text("as it was")
    cassette = record_tools(tmp_path, calls=10)
    assert [exchange.attempt for exchange in cassette.exchanges] == [1, 2, 1]
    target.write_text("changed since")
    waits: list[float] = []

    async def at_once(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("nexdiag.runner.replaying.rerun.at_once", at_once)
    assert [turn.outcome for turn in rerun(cassette).replayed] == ["exact"]
    assert len(waits) == 1  # the executor wanted to wait, and what it was handed for that does not


def test_the_limit_of_model_calls_is_the_recorded_one(tmp_path: Path) -> None:
    """A turn that was stopped at its limit of model calls is stopped there again, and asks for nothing more."""
    cassette = record_tools(tmp_path, calls=1)
    assert "stopped after 1 model calls" in (cassette.turns[0].error or "")
    assert [turn.outcome for turn in rerun(cassette).replayed] == ["exact"]


def test_a_rerun_cannot_reach_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it plays, a connection is refused, whoever asks for it."""
    cassette = record(tmp_path / "c.cassette.jsonl")

    async def leak(*_: object, **__: object) -> Session:
        await asyncio.open_connection("127.0.0.1", 9)
        raise AssertionError("it got out")

    monkeypatch.setattr("nexdiag.runner.replaying.conversations.play", leak)
    with pytest.raises(EndpointError, match="network is closed"):
        rerun(cassette)


def test_a_server_that_was_away_for_a_while_replays_exactly(tmp_path: Path) -> None:
    """It had answered before, so it was waited for; the replay is as patient, though it waits for nothing."""

    class Away(httpx.AsyncBaseTransport):
        def __init__(self) -> None:
            self._live, self._asked = live_transport(), 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self._asked += 1
            if self._asked in range(2, 8):
                raise httpx.ConnectError("All connection attempts failed")
            return await self._live.handle_async_request(request)

        async def aclose(self) -> None:
            await self._live.aclose()

    async def at_once(seconds: float) -> None:
        pass

    async def run(url: str) -> None:
        endpoint = Endpoint(base_url=f"{url}/v1", model="m", profile=profiles.named("llama.cpp"))
        with recording(tmp_path / "c.cassette.jsonl", endpoint, THREE) as recorder:
            transport = RecordingTransport(Away(), recorder)
            await play(THREE, Stage(endpoint=endpoint, transport=transport, tell=telling(recorder), sleep=at_once))

    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        asyncio.run(run(url))
    cassette = load(tmp_path / "c.cassette.jsonl")
    assert (len(cassette.exchanges), [turn.outcome for turn in cassette.turns]) == (9, ["answered"] * 3)
    assert [turn.outcome for turn in rerun(cassette).replayed] == ["exact"] * 3


def test_a_fault_that_the_executor_survives_leaves_the_turn_exact(tmp_path: Path) -> None:
    """An overload before turn 2: it asks again, gets what was recorded, and the pairing tells of both."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    run = rerun(cassette, How(faults=(Fault(kind="status", value="503", turn=2),)))
    assert tuple(turn.outcome for turn in run.replayed) == WHOLE
    assert run.pairing is not None
    assert (run.pairing.requests, run.pairing.recordings, run.pairing.one_to_one) == (4, 3, True)
    assert sum(1 for pair in run.pairing.pairs if pair.fault) == 1


def test_a_fault_that_it_does_not_survive_is_a_change(tmp_path: Path) -> None:
    """A refusal is not asked again: the user saw another end of the turn."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    replayed = rerun(cassette, How(faults=(Fault(kind="status", value="401", turn=2),))).replayed
    assert [turn.outcome for turn in replayed][:2] == ["exact", "changed"]


def test_a_fault_that_struck_nothing_is_told(tmp_path: Path) -> None:
    """Where turn 2 fails, turn 3 asks for something else: its fault was not tried, and that is said."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    faults = (Fault(kind="status", value="401", turn=2), Fault(kind="status", value="503", turn=3))
    *_, last = rerun(cassette, How(faults=faults)).replayed
    assert (last.number, last.outcome, bool(last.note)) == (0, "unchecked", True)
    with pytest.raises(UsageError, match="turn 9"):
        rerun(cassette, How(faults=(Fault(kind="status", value="503", turn=9),)))


def test_a_fault_strikes_the_conversations_that_have_its_turn(tmp_path: Path) -> None:
    """Of two that were recorded together, one is longer: the fault of its last turn is no mistake in the other."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    short = tuple(msgspec.structs.replace(one, id=one.id + 3, session="2") for one in cassette.exchanges[:2])
    turns = tuple(msgspec.structs.replace(one, session="2") for one in cassette.turns[:2])
    both = msgspec.structs.replace(cassette, turns=(*cassette.turns, *turns), exchanges=(*cassette.exchanges, *short))
    run = rerun(both, How(faults=(Fault(kind="status", value="503", turn=3),)))
    assert {turn.outcome for turn in run.replayed} == {"exact"}
    assert run.pairing is not None
    assert [pair.exchange for pair in run.pairing.pairs if pair.fault] == [2]
    with pytest.raises(UsageError, match="turn 9"):
        rerun(both, How(faults=(Fault(kind="status", value="503", turn=9),)))


def test_requests_and_recordings_pair_one_to_one(tmp_path: Path) -> None:
    """The proof goes along, with the way in which it was played and how long that took."""
    run = rerun(record(tmp_path / "c.cassette.jsonl"))
    assert run.pairing is not None
    assert (run.how, run.pairing.one_to_one, run.pairing.requests) == ("rerun", True, 3)
    assert run.seconds > 0
    assert all(0 < turn.seconds < run.seconds for turn in run.replayed)


def test_what_was_sent_outside_turns_is_named_and_no_failure(tmp_path: Path) -> None:
    """A question for the server's properties: no rerun asks it, and it does not keep the recording from being exact."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    props = Request(method="GET", url="http://127.0.0.1:1/props", headers=(("user-agent", "nexdiag/0.1.0"),))
    probe = msgspec.structs.replace(cassette.exchanges[0], id=9, turn=None, request=props)
    run = rerun(msgspec.structs.replace(cassette, exchanges=(*cassette.exchanges, probe)))
    assert tuple(turn.outcome for turn in run.replayed) == (*WHOLE, "unchecked")
    assert "exchange 9 (GET /props)" in run.replayed[-1].note
    assert not run.differs
    assert run.pairing is not None
    assert run.pairing.one_to_one


def test_what_belongs_to_a_turn_that_was_never_recorded_is_named(tmp_path: Path) -> None:
    """An exchange of a conversation, or of a turn, that the recording does not tell of: nobody asks for it."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    stray = [
        msgspec.structs.replace(cassette.exchanges[0], id=8, session="elsewhere"),
        msgspec.structs.replace(cassette.exchanges[0], id=9, turn=7),
    ]
    run = rerun(msgspec.structs.replace(cassette, exchanges=(*cassette.exchanges, *stray)))
    assert tuple(turn.outcome for turn in run.replayed) == (*WHOLE, "unchecked")
    assert "exchange 8" in run.replayed[-1].note
    assert "9 (POST" in run.replayed[-1].note


def test_the_recorded_pace_is_kept_if_wanted(tmp_path: Path) -> None:
    """At speed 1 what was waited for is waited for; by default nothing is."""
    cassette = record(tmp_path / "c.cassette.jsonl")
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    rerun(cassette, given=Outside(sleep=sleep))
    assert waits == []
    rerun(cassette, How(speed=1.0), given=Outside(sleep=sleep))
    assert sum(waits) == pytest.approx(sum(exchange.duration for exchange in cassette.exchanges), abs=0.05)


def test_tools_that_are_handed_in_are_run(tmp_path: Path) -> None:
    """Live tools see the file as it is now; what they gave otherwise is a change."""
    target = tmp_path / "there.txt"
    target.write_text("as it was")
    cassette = record_tools(tmp_path, calls=10)
    target.write_text("changed since")
    tools = standard(Workspace(tmp_path)).subset(("read_file",))
    (turn,) = rerun(cassette, tools=tools).replayed
    assert turn.outcome == "changed"
    assert "changed since" in repr(turn.differences)


def test_results_of_tools_are_read_from_the_requests_where_no_run_was_recorded(tmp_path: Path) -> None:
    """A proxy that recorded our executor saw no tool run: the next request carried what it gave."""
    (tmp_path / "there.txt").write_text("as it was")
    cassette = msgspec.structs.replace(record_tools(tmp_path, calls=10), tool_runs=())
    cassette = changed(cassette, 1, tool_runs=())
    (turn,) = rerun(cassette).replayed
    assert {one.pointer for one in turn.differences} == {"(tools)"}
