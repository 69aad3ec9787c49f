"""A scenario through our executor, in this process."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from nexdiag.capture.transport import RecordingTransport
from nexdiag.codec.scenario import of_texts
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import UsageError
from nexdiag.core.scenario import Scenario
from nexdiag.core.turn import Session
from nexdiag.demo.incident import push_warning
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.crew import live_transport
from nexdiag.runner.equip import specs
from nexdiag.runner.host import recording
from nexdiag.runner.load import load
from nexdiag.runner.play import Stage, limits_of, play, prompt

STRICT = profiles.named("llama.cpp-strict")
LONG = "Now tell me all that you know of recordings, of replays, of cassettes, and of what was said. " * 4
TWO = msgspec.structs.replace(of_texts("two", ("Hello.", LONG)), window=160)
"""The second message fills the window, so that the context warning rides on it."""


def roundtrip(**changes: object) -> Session:
    with serving.running(stub.StubEndpoint(STRICT, script=("First answer.", "Second answer."))) as url:
        endpoint = Endpoint(base_url=f"{url}/v1", model="stub", profile=STRICT)
        stage = Stage(endpoint=endpoint, transport=live_transport(), **changes)
        return asyncio.run(play(TWO, stage))


def test_nex_two_message_roundtrip() -> None:
    """Two messages to nex against a stub endpoint: both answers come through (reference fault 1)."""
    session = roundtrip()
    assert [turn.reply for turn in session.turns] == ["First answer.", "Second answer."]
    assert [message.role for message in session.messages] == ["user", "assistant", "user", "assistant"]
    assert "<context-warning>" in session.messages[2].text


def test_the_roundtrip_fails_when_the_second_message_fault_is_put_back() -> None:
    """With the warning pushed as a message of its own, the second answer does not come, and the user is told why."""
    session = roundtrip(attach_warning=push_warning)
    first, second = session.turns
    assert first.reply == "First answer."
    assert second.reply is None
    assert "roles must alternate" in (second.error or "")


def test_what_goes_over_the_wire_is_kept(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """The requests of two messages with a tool allowed, one message a line: a change of them is seen in review."""
    scenario = msgspec.structs.replace(of_texts("two", ("Hello.", "Again.")), system="Be brief.", tools=("glob",))

    async def run(endpoint: Endpoint) -> None:
        with recording(tmp_path / "c.cassette.jsonl", endpoint, scenario) as recorder:
            transport = RecordingTransport(live_transport(), recorder)
            await play(scenario, Stage(endpoint=endpoint, transport=transport))

    with serving.running(stub.StubEndpoint(STRICT, script=("One.", "Two."))) as url:
        asyncio.run(run(Endpoint(base_url=f"{url}/v1", model="stub", profile=STRICT)))
    bodies = [msgspec.json.decode(one.request.body.join()) for one in load(tmp_path / "c.cassette.jsonl").exchanges]
    assert [{**body, "messages": [str(message) for message in body["messages"]]} for body in bodies] == snapshot


def test_the_prompt_is_the_same_on_every_machine_and_at_every_hour() -> None:
    """The default prompt holds the day in UTC, no path and no time, so that a recording of it can be replayed."""
    scenario = Scenario(name="x", say=())
    assert prompt(scenario, 0.0) == prompt(scenario, 86_399.0)
    assert "1970-01-01" in prompt(scenario, 0.0)
    assert prompt(scenario, 86_400.0) != prompt(scenario, 0.0)


def test_a_scenario_can_bring_its_own_prompt() -> None:
    """`system` replaces the whole default prompt."""
    assert prompt(Scenario(name="x", say=(), system="Be brief."), 0.0) == "Be brief."


def test_an_unknown_tool_of_a_scenario_is_named() -> None:
    """A tool that there is not is an error that names it, before anything is sent."""
    assert [spec.name for spec in specs(("glob", "bash"))] == ["bash", "glob"]
    with pytest.raises(UsageError, match="read_fil"):
        specs(("read_fil",))


def test_the_limits_come_from_the_endpoint_and_hold_live_and_in_replay() -> None:
    """Only a server on this machine is waited for when it is away."""
    here = Endpoint(
        base_url="http://127.0.0.1:9/v1", model="m", profile=profiles.resolve(None), window=900, max_tokens=7
    )
    found = limits_of(here, 3)
    assert (found.window, found.reserve, found.calls) == (900, 7, 3)
    assert found.start_up > 0
    assert limits_of(msgspec.structs.replace(here, base_url="http://far.example/v1"), 3).start_up == 0
