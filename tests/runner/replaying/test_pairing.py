"""Promises of `nexdiag.runner.replaying.pairing`."""

from nexdiag.core.replayed import Pair, Pairing
from nexdiag.runner.replaying.pairing import together

PART = Pairing(requests=2, recordings=3, pairs=(Pair(request=0, exchange=4),), misses=(1,), unplayed=(5, 6), made=1)


def test_requests_are_counted_through() -> None:
    """The second part's requests come after the first's; ids of exchanges stay, for they are the recording's."""
    whole = together([PART, PART])
    assert (whole.requests, whole.recordings, whole.made) == (4, 6, 2)
    assert [pair.request for pair in whole.pairs] == [0, 2]
    assert (whole.misses, whole.unplayed) == ((1, 3), (5, 6, 5, 6))


def test_two_proofs_are_one_proof_and_what_is_against_one_is_against_both() -> None:
    """One to one is the whole only if each part is."""
    good = Pairing(requests=1, recordings=1, pairs=(Pair(request=0, exchange=0),))
    other = Pairing(requests=1, recordings=1, pairs=(Pair(request=0, exchange=1),))
    assert together([good, other]).one_to_one
    assert not together([good, PART]).one_to_one
    assert together([]).one_to_one
