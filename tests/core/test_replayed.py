"""Promises of `nexdiag.core.replayed`."""

import pytest

from nexdiag.core.replayed import Pair, Pairing, TurnVerdict

PAIRS = (Pair(request=0, exchange=0), Pair(request=1, exchange=1, how="rule"))


@pytest.mark.parametrize(
    ("pairing", "proved"),
    [
        (Pairing(requests=2, recordings=2, pairs=PAIRS), True),
        (Pairing(requests=3, recordings=2, pairs=(*PAIRS, Pair(request=2, exchange=1, how="again"))), True),
        (Pairing(requests=3, recordings=2, pairs=PAIRS, misses=(2,)), False),
        (Pairing(requests=1, recordings=2, pairs=PAIRS[:1], unplayed=(1,)), False),
        (Pairing(requests=2, recordings=2, pairs=(PAIRS[0], Pair(request=1, exchange=0))), False),
    ],
)
def test_pairing_one_to_one_is_proved_by_counting(pairing: Pairing, proved: bool) -> None:
    """It holds if each request has a recording of its own, and none is left over on either side."""
    assert pairing.one_to_one is proved


@pytest.mark.parametrize("outcome", ["exact", "changed", "missing", "extra", "mended", "unchecked"])
def test_a_mended_or_unchecked_turn_does_not_differ(outcome: str) -> None:
    """Only what came out otherwise than recorded, and not for the better, counts."""
    assert TurnVerdict(number=1, said="", outcome=outcome).differs is (outcome in ("changed", "missing", "extra"))
