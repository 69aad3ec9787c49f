"""A live smoke: through init, daemon, chat, recorder, as a user would."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from nexdiag.agent.daemon import lifecycle
from nexdiag.agent.setup import Wanted
from nexdiag.codec.scenario import of_texts
from nexdiag.core.errors import CassetteError
from nexdiag.core.scenario import Expectation, Say
from nexdiag.endpoint import llama, serving, stub
from nexdiag.lint import profiles
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
