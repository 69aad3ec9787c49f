"""Promises of `nexdiag.diff.timing`."""

import msgspec
import pytest
from compared import answer, events, exchange, streamed

from nexdiag.core.exchange import Exchange
from nexdiag.diff.aside import Asides
from nexdiag.diff.reading import RUN, Reading
from nexdiag.diff.timing import compare_times, is_timed, times


def timed(first: float, gap: float, duration: float) -> Exchange:
    """An exchange that took so long."""
    response = msgspec.structs.replace(streamed(events(answer(1)), every=gap), first_byte=first)
    return msgspec.structs.replace(exchange(0, {}, response), duration=duration)


@pytest.mark.parametrize(
    ("right", "told"),
    [
        ((0.2, 0.1, 3.0), []),
        ((0.43, 0.1, 3.0), []),  # a factor, and not enough seconds
        ((0.1, 0.1, 4.5), []),  # seconds, and no factor
        ((0.5, 0.1, 1.0), ["(first byte)"]),
        ((0.1, 0.9, 7.0), ["(longest gap)", "(duration)"]),
    ],
)
def test_only_what_is_far_apart_differs(right: tuple[float, float, float], told: list[str]) -> None:
    """By a factor, and by seconds; whichever side is slower."""
    left = timed(0.2, 0.1, 3.0) if right[2] != 1.0 else timed(0.1, 0.1, 1.0)
    for one, other in ((left, timed(*right)), (timed(*right), left)):
        assert [found.pointer for found in compare_times(one, other, Reading(RUN, Asides()))] == told


def test_what_has_no_times_is_not_compared() -> None:
    """A bare request; a recording of another tool."""
    bare = exchange(0, {}, None)
    assert not is_timed(bare)
    assert list(compare_times(bare, timed(9, 9, 99), Reading(RUN, Asides()))) == []
    assert times(bare) == {"first byte": 0.0, "longest gap": 0.0, "duration": 0.5}
    assert list(compare_times(timed(1, 1, 1), timed(9, 9, 99), Reading(RUN, Asides(["timing"])))) == []
