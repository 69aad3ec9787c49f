"""Promises of `nexdiag.replay.faults.everywhere`."""

from pathlib import Path

import pytest
from answers_to_strike import answered, whole

from nexdiag.codec.cassette import decode
from nexdiag.codec.fault import encode
from nexdiag.core.fault import KINDS, Fault
from nexdiag.replay.faults.everywhere import every
from nexdiag.replay.faults.laying import overlay

CASSETTES = sorted((Path(__file__).parents[3] / "cassettes" / "llama.cpp").glob("*.cassette.jsonl"))


def test_each_kind_strikes_each_answer() -> None:
    """At the first, the middle and the last chunk at which it can; none twice."""
    found = list(every([answered(0, turn=1), answered(1, turn=1), answered(2, turn=2)]))
    texts = [encode(fault) for fault in found]
    assert len(set(texts)) == len(texts)
    for where in ("@1", "@1.2", "@2"):
        here = {
            fault.kind for fault in found if encode(fault).partition("@")[2].split("#")[0].split(",")[0] == where[1:]
        }
        assert here == set(KINDS)
    first = [text for text in texts if "@1#" in text]
    assert [text for text in first if text.startswith("cut")] == ["cut@1#0", "cut@1#1", "cut@1#2"]
    assert [text for text in first if text.startswith("drop")] == ["drop@1#0", "drop@1#2", "drop@1#3"]
    ways = {fault.value for fault in found if fault.kind == "garble" and fault.turn == 1 and fault.exchange == 1}
    assert ways == {"brace", "half", "bytes"}


def test_a_body_is_struck_by_what_can_strike_it() -> None:
    """Its JSON in each way; it has no end that could be missing."""
    found = list(every([whole(0, turn=1)]))
    assert {fault.kind for fault in found} == set(KINDS) - {"no-done"}
    assert {encode(fault) for fault in found if fault.kind == "garble"} == {
        f"garble:{way}@1" for way in ("brace", "half", "bytes")
    }


def test_what_failed_when_it_was_recorded_is_left_alone() -> None:
    """A refusal, a stream that broke off, a request that is none to a model."""
    refused = answered(0, status=400, turn=1)
    broken = answered(1, failure="ReadError", turn=2)
    models = answered(2, "models", pieces=(b"{}",), turn=3)
    assert list(every([refused, broken, models])) == []


def test_two_conversations_are_not_struck_twice() -> None:
    """A fault strikes both."""
    alone = list(every([answered(0, turn=1)]))
    assert list(every([answered(0, turn=1), answered(1, turn=1, session="2")])) == alone


def test_the_seed_decides() -> None:
    """The same for the same; the ways of garbling change with it."""
    one = [answered(0, turn=1)]
    assert list(every(one, seed=1)) == list(every(one, seed=1))
    garbled = {tuple(fault for fault in every(one, seed=seed) if fault.kind == "garble") for seed in range(9)}
    assert len(garbled) == 3


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.name)
def test_each_of_them_can_strike_its_recording(path: Path) -> None:
    """Over recordings of a real server, on each wire."""
    exchanges = decode(path.read_bytes()).exchanges
    by_id = {exchange.id: exchange for exchange in exchanges}
    found = list(every(exchanges, seed=3))
    assert found
    for fault in found:
        lay = overlay([fault], exchanges, seed=3)
        struck = [text for exchange in by_id.values() if (laid := lay(exchange)) is not None for text in [laid.fault]]
        assert struck, fault
        assert lay.unstruck() == ()
    assert all(isinstance(fault, Fault) for fault in found)
