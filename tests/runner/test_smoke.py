"""A live smoke: through init, daemon, chat, recorder, as a user would."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nexdiag.agent.daemon import lifecycle
from nexdiag.agent.setup import Wanted
from nexdiag.codec.scenario import of_texts
from nexdiag.core.errors import CassetteError, EndpointError, UsageError
from nexdiag.core.scenario import Expectation, Say
from nexdiag.endpoint import llama, serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.load import load
from nexdiag.runner.rerun import rerun
from nexdiag.runner.smoke import Spoken, smoke

FIVE = of_texts("five", ("One.", "Two.", "Three.", "Four.", "Five."))


@pytest.mark.real
def test_nex_five_messages_back_to_back(tmp_path: Path) -> None:
    """Five messages through the daemon against a real llama.cpp: five answers, each turn recorded and replayable."""
    told: list[Spoken] = []
    with llama.running() as url:
        target = Wanted(url=url, model="nex:tiny", profile="llama.cpp-strict")
        done = smoke(
            FIVE, target, state=tmp_path / "state", cassette=tmp_path / "five.cassette.jsonl", told=told.append
        )
    assert [turn.error for turn in told] == [None] * 5
    assert all(turn.reply for turn in told)
    assert done.passed
    cassette = done.run.cassette
    assert [len(turn.exchanges) for turn in cassette.turns] == [1] * 5
    assert all(any("answered" in line.text for line in turn.log) for turn in cassette.turns)
    assert {exchange.response.header("server") for exchange in cassette.exchanges if exchange.response} == {"llama.cpp"}
    again = rerun(cassette)
    assert {turn.outcome for turn in again.replayed} == {"exact"}
    assert again.session is not None
    assert done.run.session is not None
    assert again.session.messages == done.run.session.messages
    assert lifecycle.status(tmp_path / "state") is None


def test_what_was_expected_and_did_not_hold_is_told(tmp_path: Path) -> None:
    """A smoke passes only if every expectation holds; each that does not is named with its turn."""
    wanted = Expectation(contains=("blue",), tools=("bash",))
    scenario = msgspec.structs.replace(FIVE, say=(Say(text="Say blue.", expect=wanted), Say(text="And again.")))
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("Red.", "Red again."))) as url:
        done = smoke(scenario, Wanted(url=url, model="m"), state=tmp_path / "s", cassette=tmp_path / "c.cassette.jsonl")
    assert not done.passed
    assert [turn.unmet for turn in done.spoken] == [("the answer lacks 'blue'", "tool bash was not called"), ()]


async def refusing(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's types
    """A server that refuses every chat with the words of a strict template."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"application/json")]})
    body = b'{"error": {"message": "Conversation roles must alternate user/assistant/user/assistant/..."}}'
    await send({"type": "http.response.body", "body": body})


def test_a_refused_turn_is_recorded_and_told_and_does_not_end_the_smoke(tmp_path: Path) -> None:
    """When the server refuses, the user is told in its words, the recording holds it, and the rest is said."""
    with serving.running(refusing) as url:
        target = Wanted(url=f"{url}/v1/chat/completions", model="local:m")
        done = smoke(
            of_texts("two", ("One.", "Two.")), target, state=tmp_path / "s", cassette=tmp_path / "c.cassette.jsonl"
        )
    assert not done.passed
    assert ["roles must alternate" in (turn.error or "") for turn in done.spoken] == [True, True]
    assert [turn.outcome for turn in done.run.cassette.turns] == ["failed", "failed"]
    assert [exchange.response.status for exchange in done.run.cassette.exchanges if exchange.response] == [400, 400]
    assert [finding.rule for finding in done.run.findings] == ["unexplained-refusal"]


def test_a_cassette_that_exists_is_not_overwritten(tmp_path: Path) -> None:
    """Recording onto an existing file is refused before anything is sent, and the file stays."""
    cassette = tmp_path / "c.cassette.jsonl"
    cassette.write_text("mine")
    with (
        serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url,
        pytest.raises(CassetteError, match="exists"),
    ):
        smoke(FIVE, Wanted(url=url, model="m"), state=tmp_path / "s", cassette=cassette)
    assert cassette.read_text() == "mine"


@pytest.mark.parametrize(
    ("expect", "unmet"),
    [
        ({"within": 1e-9}, "expected within"),
        ({"answer": True}, ""),
        ({"contains": ("RED",)}, ""),
        ({"contains": ("blue",)}, "the answer lacks 'blue'"),
        ({"tools": ("glob",)}, "tool glob was not called"),
    ],
)
def test_each_expectation_is_judged(tmp_path: Path, expect: dict[str, Any], unmet: str) -> None:
    """What a scenario expects of a turn decides whether the smoke passed."""
    scenario = msgspec.structs.replace(FIVE, say=(Say(text="Say it.", expect=Expectation(**expect)),))
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("Red.",))) as url:
        wanted = Wanted(url=url, model="m")
        done = smoke(scenario, wanted, state=tmp_path / "s", cassette=tmp_path / "c.cassette.jsonl")
    (turn,) = done.spoken
    assert [unmet in text for text in turn.unmet] == ([True] if unmet else [])
    assert done.passed is not bool(unmet)


def test_an_answer_is_expected_unless_the_scenario_says_otherwise(tmp_path: Path) -> None:
    """A refused turn fails the smoke by default; with answer = false its findings alone do."""
    says = (Say(text="One."), Say(text="Two.", expect=Expectation(answer=False)))
    with serving.running(refusing) as url:
        done = smoke(
            msgspec.structs.replace(FIVE, say=says),
            Wanted(url=url, model="m"),
            state=tmp_path / "s",
            cassette=tmp_path / "c.cassette.jsonl",
        )
    assert [bool(turn.unmet) for turn in done.spoken] == [True, False]


def test_a_finding_of_weight_fails_the_smoke(tmp_path: Path) -> None:
    """Even where no answer was expected: the server refused what was sent."""
    scenario = msgspec.structs.replace(FIVE, say=(Say(text="One.", expect=Expectation(answer=False)),))
    with serving.running(refusing) as url:
        wanted = Wanted(url=url, model="m")
        done = smoke(scenario, wanted, state=tmp_path / "s", cassette=tmp_path / "c.cassette.jsonl")
    assert [turn.unmet for turn in done.spoken] == [()]
    assert not done.passed


@pytest.mark.parametrize(("limits", "sent"), [({"max_tokens": 77}, 77), ({"window": 300}, 75)])
def test_the_scenarios_limits_reach_the_wire(tmp_path: Path, limits: dict[str, int], sent: int) -> None:
    """Window and max_tokens of the scenario are what the daemon sends, and the recording replays exactly."""
    scenario = msgspec.structs.replace(FIVE, say=FIVE.say[:1], **limits)
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        wanted = Wanted(url=url, model="m")
        done = smoke(scenario, wanted, state=tmp_path / "s", cassette=tmp_path / "c.cassette.jsonl")
    body = msgspec.json.decode(done.run.cassette.exchanges[0].request.body.join())
    assert body["max_tokens"] == done.run.cassette.header.max_tokens == sent
    assert {turn.outcome for turn in rerun(done.run.cassette).replayed} == {"exact"}


def test_an_endpoint_that_never_answered_could_not_be_smoked(tmp_path: Path) -> None:
    """Nothing listens there: an endpoint error, not a list of failed turns; what was tried is kept."""
    cassette = tmp_path / "c.cassette.jsonl"
    with pytest.raises(EndpointError, match="never answered"):
        smoke(
            of_texts("one", ("One.",)),
            Wanted(url="http://127.0.0.1:9", model="m"),
            state=tmp_path / "s",
            cassette=cassette,
        )
    assert load(cassette).exchanges
    assert lifecycle.status(tmp_path / "s") is None


def test_a_recording_that_is_not_whole_is_an_error(tmp_path: Path) -> None:
    """The disk fills up after the first turn: all answers come, and the smoke says that the recording lacks some."""
    program = """
import resource, sys
from pathlib import Path
from nexdiag.agent.setup import Wanted
from nexdiag.codec.scenario import of_texts
from nexdiag.core.errors import CassetteError, EndpointError, UsageError
from nexdiag.runner.smoke import smoke
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
home = Path(sys.argv[2])
try:
    smoke(of_texts("five", ("One.",) * 5), Wanted(url=sys.argv[1], model="m"), state=home / "s", cassette=home / "c")
except CassetteError as error:
    print(error.what)
"""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        command = [sys.executable, "-c", program, url, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "the recording is not whole" in done.stdout
    assert "recording stopped" in done.stdout


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"scenario": msgspec.structs.replace(FIVE, tools=("bsh",))}, "no such tool"),
        ({"target": Wanted(url="http://127.0.0.1:9", model="m", key_variable="NOT_SET_ANYWHERE")}, "NOT_SET_ANYWHERE"),
        ({"target": Wanted(url="nonsense", model="m")}, "http or https URL"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_started(tmp_path: Path, wrong: dict[str, Any], error: str) -> None:
    """A usage error that names it; no daemon, no cassette."""
    target = wrong.get("target", Wanted(url="http://127.0.0.1:9", model="m"))
    with pytest.raises(UsageError, match=error):
        smoke(wrong.get("scenario", FIVE), target, state=tmp_path / "s", cassette=tmp_path / "c.cassette.jsonl")
    assert not (tmp_path / "c.cassette.jsonl").exists()
    assert not (tmp_path / "s" / "service").exists()
