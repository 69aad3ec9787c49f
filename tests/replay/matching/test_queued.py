"""Promises of `nexdiag.replay.matching.queued`."""

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.replay.matching.queued import Queue


@given(st.permutations(range(8)))
def test_the_first_that_is_left(order: list[int]) -> None:
    """Whatever is used, wherever: the first of the rest, in the order recorded; the last stays known."""
    spent: set[int] = set()
    queue = Queue(spent)
    queue.places += range(8)
    for place in order:
        assert queue.first == min(set(range(8)) - spent)
        assert queue.last == 7
        spent.add(place)
    assert queue.first is None


def test_looking_is_paid_once() -> None:
    """What was passed over is never looked at again: 100,000 equal recordings cost no more each than ten."""
    spent: set[int] = set()
    queue = Queue(spent)
    queue.places += range(100_000)
    looked = 0
    for place in range(100_000):
        before = queue._at
        assert queue.first == place
        looked += queue._at - before
        spent.add(place)
    assert looked < 100_000
