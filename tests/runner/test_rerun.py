"""A recording again, offline."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from nexdiag.agent import loop
from nexdiag.capture.recorder import RecordingTransport
from nexdiag.codec.body import Splitter
from nexdiag.codec.scenario import of_texts
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import NothingToDo
from nexdiag.core.scenario import Scenario
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.host import live_transport, recording
from nexdiag.runner.load import load
from nexdiag.runner.play import Stage, play, telling
from nexdiag.runner.rerun import rerun

THREE = of_texts("three", ("One.", "Two.", "Three."))


def record(path: Path, scenario: Scenario = THREE) -> Cassette:
    """A cassette of a live run against a stub."""

    async def run(url: str) -> None:
        endpoint = Endpoint(base_url=f"{url}/v1", model="m", profile=profiles.named("llama.cpp"))
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
