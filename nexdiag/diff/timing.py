"""Times of two exchanges: only what is far apart, by a factor and by seconds, differs. Pure."""

from collections.abc import Iterator
from itertools import pairwise

from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Exchange
from nexdiag.diff.reading import Reading, fact

_FACTOR = 2.0
_FLOORS = {"first byte": 0.25, "longest gap": 0.5, "duration": 1.0}
"""Seconds that two times must differ by, at least: below, it is the machine's mood."""


def compare_times(left: Exchange, right: Exchange, reading: Reading) -> Iterator[Difference]:
    """First byte, longest gap between chunks, duration; in seconds."""
    if not is_timed(left) or not is_timed(right):
        return
    before, after = times(left), times(right)
    for name, floor in _FLOORS.items():
        mine, yours = before[name], after[name]
        low, high = sorted((mine, yours))
        if high - low > floor and high > low * _FACTOR:
            one = fact("timing", f"({name})", mine, yours)
            if not reading.asides.takes(one):
                yield one


def is_timed(exchange: Exchange) -> bool:
    """Whether it was noted how long it took."""
    return exchange.response is not None and (exchange.duration > 0 or exchange.response.first_byte > 0)


def times(exchange: Exchange) -> dict[str, float]:
    """What took how long."""
    response = exchange.response
    chunks = [] if response is None else [chunk.at for chunk in response.chunks]
    first = 0.0 if response is None else response.first_byte
    gap = max((later - earlier for earlier, later in pairwise(chunks)), default=0.0)
    return {"first byte": first, "longest gap": gap, "duration": exchange.duration}
