"""A campaign: each fault at each place, and what is survived."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from nexdiag.agent.client import answer
from nexdiag.agent.client.clocks import Clocks
from nexdiag.agent.loop import Machine
from nexdiag.agent.tools.toolbox import standard
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.capture.transport import RecordingTransport
from nexdiag.codec import anthropic, chat, fault, responses
from nexdiag.codec.body import Splitter
from nexdiag.codec.scenario import of_texts
from nexdiag.core.endpoint import Endpoint, Wire
from nexdiag.core.errors import NothingToDo, UsageError
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.core.survival import Struck, Survival
from nexdiag.lint import profiles
from nexdiag.runner.host import recording
from nexdiag.runner.load import load
from nexdiag.runner.play import Stage, play, telling
from nexdiag.runner.replaying.age import Expired
from nexdiag.runner.replaying.answering import answers_of
from nexdiag.runner.replaying.campaign.strikes import campaign
from nexdiag.runner.replaying.how import How

NOWHERE = "http://127.0.0.1:9"
ENCODERS: dict[Wire, Callable[[Reply], Iterator[bytes]]] = {
    "chat": lambda reply: chat.encode_stream(reply, created=1, usage=True),
    "responses": lambda reply: responses.encode_stream(reply, created=1),
    "anthropic": anthropic.encode_stream,
}
CASSETTES = Path(__file__).parents[4] / "cassettes"
CHAT = CASSETTES / "llama.cpp" / "five-back-to-back.cassette.jsonl"
WIRES = [
    CASSETTES / "llama.cpp" / f"five-{name}.cassette.jsonl"
    for name in ("back-to-back", "over-messages", "over-responses")
]


def run(*faults: str, path: Path = CHAT, **more: object) -> Survival:
    """Through these faults, or through all."""
    splitter = Splitter()
    how = How(faults=tuple(map(fault.decode, faults)), **more)
    return campaign(load(path, splitter=splitter), how, splitter=splitter, ticks=lambda: 0.0)


def of_tools(folder: Path, wire: Wire) -> Path:
    """A conversation with tools, recorded live: two calls in one reply, an answer, and a call again."""
    (folder / "a.txt").write_text("alpha")
    one, two, again = (
        ToolCall(id=f"call_{name}", name="read_file", arguments=json.dumps({"path": "a.txt", "limit": name}))
        for name in (1, 2, 3)
    )
    script = [
        _reply(tool_calls=(one, two), reasoning="Both."),
        _reply(content="It says alpha, both times."),
        _reply(content="You are welcome."),
        _reply(tool_calls=(again,)),
        _reply(content="Still alpha, as before."),
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        del request
        pieces = list(ENCODERS[wire](script.pop(0)))
        return httpx.Response(
            200, headers={"content-type": "text/event-stream"}, stream=httpx.ByteStream(b"".join(pieces))
        )

    scenario = msgspec.structs.replace(of_texts("tools", ("Read it.", "Thanks.", "Again?")), tools=("read_file",))
    endpoint = Endpoint(base_url=f"{NOWHERE}/v1", model="m", profile=profiles.named("llama.cpp"), wire=wire)
    path = folder / "tools.cassette.jsonl"
    with recording(path, endpoint, scenario) as recorder:
        stage = Stage(
            endpoint=endpoint,
            transport=RecordingTransport(httpx.MockTransport(answer), recorder),
            tools=standard(Workspace(folder)).subset(scenario.tools),
            tell=telling(recorder),
        )
        asyncio.run(play(scenario, stage))
    return path


def _reply(**said: Any) -> Reply:  # noqa: ANN401 - fields of a message
    reason = "tool_calls" if "tool_calls" in said else "stop"
    message = Message(role="assistant", **said)
    return Reply(message=message, finish_reason=reason, usage=Usage(input_tokens=50, output_tokens=9), model="m")


def only(text: str, **more: object) -> Struck:
    """What came of one fault."""
    (struck,) = run(text, **more).struck
    return struck


@pytest.mark.parametrize("path", WIRES, ids=lambda path: path.name)
def test_our_executor_survives_every_fault_at_every_place(path: Path) -> None:
    """On each wire, over recordings of a real server: nothing is silent, nothing hangs, nothing crashes."""
    survival = run(path=path)
    assert [(one.text, one.outcome, one.error) for one in survival.lost] == []
    assert len(survival.struck) > 100
    assert not [one.text for one in survival.struck if one.outcome == "idle"]


@pytest.mark.parametrize("wire", ["chat", "responses", "anthropic"])
def test_our_executor_survives_every_fault_where_tools_are_called(tmp_path: Path, wire: Wire) -> None:
    """A call that cannot be read is asked for again, or its model is told."""
    survival = run(path=of_tools(tmp_path, wire))
    assert [(one.text, one.outcome, one.error) for one in survival.lost] == []
    assert {one.fault.exchange for one in survival.struck} == {1, 2}
    told = [one for one in survival.struck if one.error.startswith("the model is told")]
    assert bool(told) is (wire != "responses")  # there the arguments are told again, and mended


def test_a_campaign_is_the_same_each_time() -> None:
    """To the last field: nothing in it depends on a clock or on chance."""
    faults = ("garble@2", "drop@3", "stall@1", "status:429@4")
    assert run(*faults) == run(*faults)


def test_another_seed_draws_other_ways() -> None:
    """And says which it was."""
    first, *others = (run("duplicate@3", seed=seed) for seed in range(8))
    assert [one.seed for one in others] == list(range(1, 8))
    assert any(one.struck != first.struck for one in others)


@pytest.mark.parametrize(
    ("text", "outcome", "retries", "seconds"),
    [
        ("status:429@2,retry-after=7", "recovered", 1, 7.0),
        ("status:503@2", "recovered", 1, 0.5),
        ("status:401@2", "told", 0, 0.0),
        ("cut@2#3", "recovered", 1, 0.5),
        ("stall@2#3", "recovered", 1, 300.5),
        ("slow:30s@2", "exact", 0, 30.0),
        ("garble:half@2#3", "recovered", 1, 0.5),
        ("no-done@2", "exact", 0, 0.0),
        ("drop@2#3", "unseen", 0, 0.0),
        ("duplicate@2#3", "unseen", 0, 0.0),
    ],
)
def test_what_comes_of_a_fault(text: str, outcome: str, retries: int, seconds: float) -> None:
    """Its outcome, the retries that it took, and the time that a user would have waited."""
    struck = only(text)
    assert (struck.outcome, struck.retries) == (outcome, retries)
    assert struck.seconds == pytest.approx(seconds)


def test_what_a_user_is_told_is_named() -> None:
    """The turn's one clear error."""
    struck = only("status:401@2")
    assert struck.error.startswith("HTTP 401 from http://127.0.0.1:")
    assert set(struck.differs) == {"outcome", "reply", "error", "messages", "tokens"}


def test_a_session_goes_on_behind_a_turn_that_failed() -> None:
    """What was not answered goes along with the next question, and all turns behind it are answered."""
    struck = only("status:401@2")
    assert (struck.behind, struck.later) == (3, 3)


def test_a_retry_has_its_reason() -> None:
    """In the server's words."""
    assert "Rate limit reached" in only("status:429@2").error


def test_more_strikes_than_retries_end_the_turn() -> None:
    """What does not pass is told, after the retries that it got."""
    struck = only("status:503@2,times=50")
    assert struck.outcome == "told"
    assert struck.retries > 1


def test_what_a_deaf_executor_loses_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that passes over JSON which is none changes an answer without a word: that is what the campaign is for."""
    monkeypatch.setattr(answer, "_is_torn", lambda data: False)
    struck = only("garble:half@2#3")
    assert (struck.outcome, struck.lost) == ("silent", True)
    assert struck.error.startswith("turn 2 answers ")


def test_an_executor_that_waits_for_ever_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for."""
    ever = Clocks(**dict.fromkeys(("first_byte", "idle", "lifetime", "hint"), float("inf")))
    monkeypatch.setattr("nexdiag.agent.client.client.clocks_for", lambda endpoint: ever)
    struck = only("stall@2#3")
    assert (struck.outcome, struck.lost) == ("hung", True)
    assert struck.error.startswith("turn 2: it ")


def test_an_executor_that_raises_crashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The campaign goes on, and names the error."""

    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(Machine, "_again", broken)
    survival = run("status:503@2", "slow@2")
    assert [one.outcome for one in survival.struck] == ["crashed", "exact"]
    assert survival.struck[0].error.startswith("turn 2: KeyError: 'x' (test_strikes.py:")


def test_a_recording_that_may_not_be_so_old_is_refused() -> None:
    """Nothing is tried with it."""
    with pytest.raises(Expired):
        run("slow@1", max_age=1.0, expired="fail")
    assert run("slow@1", max_age=1.0).struck


def test_a_date_in_a_request_is_that_of_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a rerun: the clock of the answers is that of the executor, which stands where the recording began."""
    given: list[Callable[[], float]] = []

    def watched(*args: Any, clock: Callable[[], float] = time.time, **more: Any) -> Any:  # noqa: ANN401 - answers_of's
        given.append(clock)
        return answers_of(*args, clock=clock, **more)

    monkeypatch.setattr("nexdiag.runner.replaying.campaign.strikes.answers_of", watched)
    run("slow@1")
    assert {clock() for clock in given} == {load(CHAT).turns[0].started}


def test_each_fault_is_told_as_it_is_judged() -> None:
    """Who watches a long campaign sees it go on."""
    heard: list[str] = []
    splitter = Splitter()
    how = How(faults=(fault.decode("slow@1"), fault.decode("cut@1#0")))
    campaign(load(CHAT, splitter=splitter), how, splitter=splitter, told=lambda one: heard.append(one.text))
    assert heard == ["slow@1", "cut@1#0"]


def test_a_recording_that_does_not_replay_is_no_ground() -> None:
    """What differs without a fault says nothing about one."""
    with pytest.raises(NothingToDo, match="even without a fault") as refused:
        run(path=CASSETTES / "llama.cpp" / "incident-pushed-warning.cassette.jsonl")
    assert "nexdiag replay" in refused.value.hint


def test_a_recording_of_another_client_is_none_of_ours() -> None:
    """Only our executor can be run again."""
    with pytest.raises(NothingToDo):
        run(path=CASSETTES / "llama.cpp" / "openai-sdk-responses.cassette.jsonl")


def test_a_fault_that_fits_nowhere_is_told() -> None:
    """Before anything is played."""
    with pytest.raises(UsageError, match="turn 9"):
        run("cut@9#1")


def test_of_a_long_conversation_some_requests_are_struck(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first to the last, and what is left out is told."""
    monkeypatch.setattr("nexdiag.runner.replaying.campaign.strikes._PLACES", 2)
    monkeypatch.setattr(
        "nexdiag.runner.replaying.campaign.strikes.every",
        lambda exchanges, seed: (fault.decode(f"slow@{turn}") for turn in range(1, len(exchanges) + 1)),
    )
    survival = run()
    assert [one.text for one in survival.struck] == ["slow@1", "slow@5"]
    assert survival.unchecked == ("3 of 5 model requests: --fault strikes any of them",)


def test_turns_that_were_cut_short_are_not_tried() -> None:
    """They are named: what was not tried never counts as survived."""
    splitter = Splitter()
    cassette = load(CHAT, splitter=splitter)
    cut = msgspec.structs.replace(cassette.turns[3], outcome="cancelled")
    cassette = msgspec.structs.replace(cassette, turns=(*cassette.turns[:3], cut, cassette.turns[4]))
    survival = campaign(cassette, How(faults=(fault.decode("slow@1"),)), splitter=splitter)
    assert survival.turns == 3
    assert survival.unchecked == ("turn 4, and 1 behind it: it was cancelled when it was recorded",)


def test_of_another_client_the_hint_is_one_fault_and_its_command() -> None:
    """There is no executor of ours in it that could be struck."""
    path = Path(__file__).parents[4] / "cassettes" / "llama.cpp" / "openai-sdk-responses.cassette.jsonl"
    with pytest.raises(NothingToDo) as told:
        campaign(load(path), How())
    assert "--fault cut@1 -- COMMAND" in (told.value.hint or "")
