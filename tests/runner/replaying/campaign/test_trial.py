"""One conversation, played once more in virtual time."""

import asyncio
from pathlib import Path

import pytest

from nexdiag.agent.client.clocks import Clocks
from nexdiag.agent.loop import Machine
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Exchange
from nexdiag.replay.answers import Answers, Lay
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.playback import STALLED, Laid, Playback, playback
from nexdiag.runner.load import load
from nexdiag.runner.replaying.campaign.trial import Trial, trial

FIVE = Path(__file__).parents[4] / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl"


def once(answer: Playback | None = None, **changed: object) -> Lay:
    """A fault over the first answer, the first time."""
    left = [True]

    def lay(exchange: Exchange) -> Laid | None:
        if not (left[0] and exchange.id == 0):
            return None
        left[0] = False
        whole = answer or playback(exchange)
        fields = {name: getattr(whole, name) for name in whole.__struct_fields__}
        return Laid(playback=Playback(**{**fields, **changed}), fault="a fault")

    return lay


def tried(lay: Lay = lambda exchange: None) -> Trial:
    """The recording once more."""
    cassette: Cassette = load(FIVE)
    return trial(cassette, cassette.turns, Answers(Matcher(cassette.exchanges), lay=lay))


def test_without_a_fault_the_session_is_the_recorded_one() -> None:
    """No retry, no wait, every request known."""
    plain = tried()
    assert plain.session is not None
    assert [turn.reply for turn in plain.session.turns] == [turn.reply for turn in load(FIVE).turns]
    assert (plain.heard.retries.total(), set(plain.heard.seconds.values())) == (0, {0.0})
    assert plain.answers.pairing().one_to_one


def test_a_stalled_stream_costs_virtual_time_alone() -> None:
    """The executor's own clock ends it after 300 s; then it asks again, and all is as recorded."""
    stalled = tried(once(pieces=playback(load(FIVE).exchanges[0]).pieces[:3], failure=STALLED))
    assert stalled.session is not None
    assert stalled.session.turns[0].reply == load(FIVE).turns[0].reply
    assert stalled.heard.retries == {1: 1}
    assert stalled.heard.reasons[1].startswith("no byte came for 300 s")
    assert stalled.heard.seconds[1] == pytest.approx(300.5)
    assert stalled.heard.seconds[2] == 0.0


def test_a_server_that_never_answers_is_given_up() -> None:
    """The clock for the first byte is virtual too: a minute of silence costs nothing."""
    silent = tried(once(status=None, pieces=(), failure=STALLED))
    assert silent.session is not None
    assert silent.heard.seconds[1] > 600


def test_an_executor_without_patience_s_end_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that would wait for ever is told, with the turn, and not waited for."""
    ever = Clocks(**dict.fromkeys(("first_byte", "idle", "lifetime", "hint"), float("inf")))
    monkeypatch.setattr("nexdiag.agent.client.client.clocks_for", lambda endpoint: ever)
    hung = tried(once(pieces=(), failure=STALLED))
    assert hung.session is None
    assert hung.hung is not None
    assert (hung.heard.turn, hung.crashed) == (1, "")


def test_an_executor_that_cancels_itself_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancellation that nobody asked for has crashed it too."""

    def cancelled(*_: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(Machine, "feed", cancelled)
    assert tried().crashed.startswith("CancelledError")


def test_an_executor_that_raises_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it raised is told in a line, with the place."""

    def broken(*_: object) -> None:
        raise KeyError("nothing there")

    monkeypatch.setattr(Machine, "_failed", broken)
    monkeypatch.setattr(Machine, "_TABLE", {key: broken if key[1].__name__ == "Failed" else take
                                            for key, take in Machine._TABLE.items()})  # fmt: skip
    crashed = tried(once(status=503, pieces=()))
    assert crashed.session is None
    assert crashed.crashed.startswith("KeyError: 'nothing there' (test_trial.py:")
