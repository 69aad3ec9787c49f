"""Virtual time: waits cost none, and what would never end is told."""

import asyncio
import threading

import pytest

from nexdiag.runner.replaying.virtual import Hangs, VirtualLoop, run


async def _clock() -> float:
    return asyncio.get_running_loop().time()


def test_a_wait_costs_no_time() -> None:
    """Ten years pass at once, and the clock shows them to the second."""

    async def wait() -> float:
        for _ in range(10):
            await asyncio.sleep(365 * 24 * 3600)
        return await _clock()

    assert run(wait(), limit=1e9) == pytest.approx(3650 * 24 * 3600)


def test_tasks_wake_in_the_order_of_their_times() -> None:
    """Timers of several tasks come in the order of virtual time, each at its own."""
    told: list[tuple[str, float]] = []

    async def one(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        told.append((name, await _clock()))

    async def several() -> None:
        await asyncio.gather(one("late", 300.0), one("soon", 0.2), one("middle", 2.5))

    run(several())
    assert told == [("soon", 0.2), ("middle", 2.5), ("late", 300.0)]


def test_a_timeout_ends_a_wait_for_nothing() -> None:
    """A timer is all that is needed: who waits with a timeout does not hang."""

    async def wait() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(300):
                await asyncio.get_running_loop().create_future()
        return await _clock()

    assert run(wait()) == 300.0


def test_a_wait_for_nothing_hangs() -> None:
    """What waits without a timer is told, and what cleans up behind it is run."""
    cleaned: list[str] = []

    async def wait() -> None:
        await asyncio.sleep(7)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await asyncio.sleep(1)
            cleaned.append("yes")

    with pytest.raises(Hangs, match="waits for what nothing will bring") as hung:
        run(wait())
    assert (hung.value.at, cleaned) == (7.0, ["yes"])


def test_what_goes_on_for_too_long_hangs() -> None:
    """The limit is one of virtual time."""

    async def beat() -> None:
        for _ in range(10_000):
            await asyncio.sleep(10)

    with pytest.raises(Hangs, match="not ended after 3600 s") as hung:
        run(beat(), limit=3600)
    assert hung.value.at == 3600.0


def test_who_cannot_be_cancelled_hangs_all_the_same() -> None:
    """A task that swallows its cancellation does not keep the loop for ever."""

    async def stubborn() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # asyncio's own word of who was left behind
        while True:
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                continue

    with pytest.raises(Hangs):
        run(stubborn(), limit=100)


def test_going_in_circles_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lets no time pass and never ends is told too."""
    monkeypatch.setattr("nexdiag.runner.replaying.virtual._ROUNDS", 1000)

    async def spin() -> None:
        for _ in range(2000):
            await asyncio.sleep(0)

    with pytest.raises(Hangs, match="circles"):
        run(spin())


def test_the_clock_stands_while_a_thread_works() -> None:
    """A timer does not overtake a thread, and the thread's answer is waited for."""
    go = threading.Event()

    async def work() -> tuple[list[str], float]:
        told: list[str] = []

        async def timer() -> None:
            await asyncio.sleep(300)
            told.append("timer")

        def thread() -> None:
            go.wait()
            told.append("thread")

        waiting = asyncio.create_task(timer())
        worker = asyncio.create_task(asyncio.to_thread(thread))
        await asyncio.sleep(0)
        threading.Timer(0.05, go.set).start()
        await worker
        at = await _clock()
        await waiting
        return told, at

    assert run(work()) == (["thread", "timer"], 0.0)


def test_far_times_come() -> None:
    """Where a float cannot hold the sum of the clock and a short wait, the clock goes on all the same."""

    async def wait() -> float:
        await asyncio.sleep(86_399.9)
        loop = asyncio.get_running_loop()
        for _ in range(100):
            await asyncio.sleep(1e-7)
        return loop.time()

    assert run(wait(), limit=1e6) >= 86_399.9


def test_it_leaves_nothing_open() -> None:
    """The loop is closed behind the run, also where it fails."""
    loops: list[asyncio.AbstractEventLoop] = []

    async def fail() -> None:
        loops.append(asyncio.get_running_loop())
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run(fail())
    assert isinstance(loops[0], VirtualLoop)
    assert loops[0].is_closed()
