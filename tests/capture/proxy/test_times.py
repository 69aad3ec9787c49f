"""Promises of `nexdiag.capture.proxy.times`."""

import itertools
import threading

from nexdiag.capture.proxy.times import Times


def test_what_is_told_late_happened_when_it_did() -> None:
    """Within the block it is that moment; after it, and for other threads, it is now."""
    clock, ticks = itertools.count(1000), itertools.count(0)
    times = Times(lambda: float(next(clock)), lambda: float(next(ticks)))
    moment = times.now()
    assert moment == (1000.0, 0.0)
    other: list[float] = []
    with times.at(moment):
        assert (times.clock(), times.ticks(), times.clock()) == (1000.0, 0.0, 1000.0)
        thread = threading.Thread(target=lambda: other.append(times.ticks()))
        thread.start()
        thread.join()
    assert other == [1.0]
    assert (times.clock(), times.ticks()) == (1001.0, 2.0)
