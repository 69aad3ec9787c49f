"""Promises of client.guard: what waits in vain is ended, whoever waits is told, and nobody else is disturbed."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hand_clock import HandClock

from nexdiag.agent.client.clocks import Clocks
from nexdiag.agent.client.guard import Guard, Life

CLOCKS = Clocks(first_byte=600, idle=300, lifetime=900)


class Scene:
    """A guard by a hand-moved clock, and what it told."""

    def __init__(self, ask: Callable[[], Awaitable[Life]] | None = None, clocks: Clocks = CLOCKS) -> None:
        self.clock = HandClock()
        self.told: list[tuple[float, str]] = []
        self.guard = Guard(
            clocks,
            ticks=self.clock.ticks,
            sleep=self.clock.sleep,
            on_wait=lambda *told: self.told.append(told),
            ask=ask,
        )

    async def wait(self) -> None:
        """Something that never comes."""
        async with self.guard:
            await asyncio.Event().wait()


def test_silence_is_told_and_ended() -> None:
    """After 20 s the first word, every 10 s another, and the end where the clock says (reference fault 25)."""

    async def scene() -> None:
        it = Scene()
        task = asyncio.create_task(it.wait())
        await it.clock.advance(19.9)
        assert it.told == []
        await it.clock.advance(20.2)
        assert it.told == [
            (20, "the server has not begun to answer; it gets 580 s more"),
            (30, "the server has not begun to answer; it gets 570 s more"),
            (40, "the server has not begun to answer; it gets 560 s more"),
        ]
        await it.clock.advance(559)
        assert not task.done()
        await it.clock.advance(2)
        with pytest.raises(TimeoutError):
            await task
        assert it.guard.alarm is not None
        assert it.guard.alarm.kind == "first_byte"

    asyncio.run(scene())


def test_a_byte_is_a_sign_of_life() -> None:
    """Each starts the silence anew; behind one the server has fallen silent."""

    async def scene() -> None:
        it = Scene()
        task = asyncio.create_task(it.wait())
        for _ in range(5):
            await it.clock.advance(15)
            it.guard.heard()
        assert it.told == []
        await it.clock.advance(20)
        assert it.told == [(20, "the server has fallen silent; it gets 280 s more")]
        await it.clock.advance(281)
        assert task.done()
        assert isinstance(task.exception(), TimeoutError)
        assert it.guard.alarm is not None
        assert it.guard.alarm.kind == "idle"

    asyncio.run(scene())


def test_whoever_may_wait_for_ever_is_not_counted_down() -> None:
    """Switched off, the clock ends nothing, and promises nothing."""

    async def scene() -> None:
        it = Scene(clocks=Clocks(first_byte=float("inf"), idle=float("inf")))
        task = asyncio.create_task(it.wait())
        await it.clock.advance(5000)
        assert not task.done()
        assert it.told[-1] == (5000, "the server has not begun to answer")
        task.cancel()

    asyncio.run(scene())


@pytest.mark.parametrize(("done", "left"), [(False, 2.0), (True, 0.2)])
def test_a_finished_answer_ends_soon(done: bool, left: float) -> None:
    """The guard that slept towards a far end wakes at the near one; nobody is told of a wait."""

    async def scene() -> None:
        it = Scene()
        task = asyncio.create_task(it.wait())
        await it.clock.advance(1)
        it.guard.heard()
        it.guard.settle()
        it.guard.settle(done=done)
        await it.clock.advance(left - 0.1)
        assert not task.done()
        await it.clock.advance(0.2)
        assert task.done()
        assert it.told == []

    asyncio.run(scene())


def test_what_ends_well_leaves_nothing_behind() -> None:
    """Neither a task, nor an alarm, nor an exception."""

    async def scene() -> None:
        it = Scene()
        async with it.guard:
            pass
        await it.clock.rest()
        assert len(asyncio.all_tasks()) == 1
        assert it.guard.alarm is None

    asyncio.run(scene())


def test_a_cancellation_goes_through() -> None:
    """Whoever stops the turn is not told of a timeout."""

    async def scene() -> None:
        it = Scene()
        task = asyncio.create_task(it.wait())
        await it.clock.advance(5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(scene())


def test_an_error_of_the_block_is_its_own() -> None:
    """The guard hides none."""

    async def scene() -> None:
        with pytest.raises(ValueError, match="mine"):
            async with Scene().guard:
                raise ValueError("mine")

    asyncio.run(scene())


def test_a_listener_that_fails_is_not_lost() -> None:
    """It is a fault of the program, and comes out where the block ends."""

    async def scene() -> None:
        clock = HandClock()

        def fails(seconds: float, reason: str) -> None:
            raise ValueError(reason)

        async def waits() -> None:
            async with Guard(CLOCKS, ticks=clock.ticks, sleep=clock.sleep, on_wait=fails):
                await over.wait()

        over = asyncio.Event()
        task = asyncio.create_task(waits())
        await clock.advance(30)
        over.set()
        with pytest.raises(ValueError, match="not begun"):
            await task

    asyncio.run(scene())


# ---- a server that can be asked


def asked(*lives: Life) -> Callable[[], Awaitable[Life]]:
    """Answers with these, the last one again and again."""
    left = list(lives)

    async def ask() -> Life:
        return left.pop(0) if len(left) > 1 else left[0]

    return ask


def test_a_server_at_work_is_waited_for() -> None:
    """After a minute of silence it is asked; as long as it works on the prompt no clock ends that.

    (reference faults 26, L14)
    """

    async def scene() -> None:
        it = Scene(asked(Life(state="working", words="the server is at work")))
        task = asyncio.create_task(it.wait())
        await it.clock.advance(59)
        assert [told for _, told in it.told if "at work" in told] == []
        await it.clock.advance(3000)
        assert not task.done()
        assert it.told[-1][1].startswith("the server is at work; it gets 6")
        task.cancel()

    asyncio.run(scene())


def test_a_server_that_is_gone_is_not_waited_for() -> None:
    """Its stream stands open, but it takes no connections: that is the end, at once."""

    async def scene() -> None:
        it = Scene(asked(Life(state="gone")))
        task = asyncio.create_task(it.wait())
        await it.clock.advance(61)
        assert task.done()
        assert isinstance(task.exception(), TimeoutError)
        assert it.guard.alarm is not None
        assert it.guard.alarm.kind == "gone"

    asyncio.run(scene())


def test_a_question_without_an_answer_changes_nothing() -> None:
    """The clocks go on as if nobody had asked; what the server says is passed on."""

    async def scene() -> None:
        it = Scene(asked(Life(), Life(words="the server is well, and silent")))
        task = asyncio.create_task(it.wait())
        await it.clock.advance(75)
        assert it.told[-2:] == [
            (60, "the server has not begun to answer; it gets 540 s more"),
            (70, "the server is well, and silent; it gets 530 s more"),
        ]
        await it.clock.advance(530)
        assert task.done()
        assert isinstance(task.exception(), TimeoutError)

    asyncio.run(scene())


def test_an_answer_in_the_last_moment_is_an_answer() -> None:
    """It came while its clock ran out: neither a timeout nor a cancellation comes of that, then or later."""

    async def scene() -> None:
        it, over = Scene(), asyncio.Event()

        async def answered() -> str:
            async with it.guard:
                await over.wait()
            await asyncio.sleep(0)
            return "an answer"

        task = asyncio.create_task(answered())
        await it.clock.rest()
        it.clock.now += 700
        for _, sleeper in it.clock._sleepers:
            sleeper.set_result(None)
        over.set()
        assert await task == "an answer"

    asyncio.run(scene())
