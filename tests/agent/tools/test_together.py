"""Work side by side, a few at a time, in order, all or nothing."""

import asyncio
from functools import partial

import pytest

from nexdiag.agent.tools.together import together
from nexdiag.core.errors import ToolError


def test_order_and_places() -> None:
    """Answers stand in the order of the work; no more run at once than there are places."""
    now = most = 0

    async def work(number: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        for _ in range(5 - number % 5):
            await asyncio.sleep(0)
        now -= 1
        return number

    assert asyncio.run(together([partial(work, number) for number in range(20)], 3)) == list(range(20))
    assert most == 3


def test_a_failure_stops_the_others_and_comes_as_itself() -> None:
    """No group of errors reaches who called, and nothing goes on behind its back."""
    stopped: list[int] = []

    async def work(number: int) -> None:
        if number == 1:
            raise ToolError("no")
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(number)

    with pytest.raises(ToolError, match="no"):
        asyncio.run(together([partial(work, number) for number in range(3)], 2))
    assert 0 in stopped


def test_a_cancellation_stops_all() -> None:
    """What was begun ends before the cancellation goes on."""
    running: set[int] = set()

    async def work(number: int) -> None:
        running.add(number)
        try:
            await asyncio.Event().wait()
        finally:
            running.discard(number)

    async def main() -> None:
        task = asyncio.create_task(together([partial(work, number) for number in range(4)], 2))
        while len(running) < 2:  # noqa: ASYNC110 - turn by turn of the loop
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert running == set()

    asyncio.run(main())
