"""Promises of `nexdiag.runner.tape.frames`: two scopes do not mix, and no thread goes live by chance."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from nexdiag.core.errors import Unmatched
from nexdiag.runner.tape import frames
from nexdiag.runner.tape.modes import RecordMode
from nexdiag.runner.tape.tape import Tape

_Found = TypeVar("_Found")


def tape(tmp_path: Path, mode: RecordMode = RecordMode.ALL) -> Tape:
    """One of its own, that records; or plays what is there."""
    found = Tape(tmp_path / "x", RecordMode.ALL)
    if mode is RecordMode.NONE:
        found.plan = type(found.plan)(plays=True, into="nowhere")
    return found


def in_a_thread(ask: Callable[[], _Found]) -> _Found:
    """The answer of a thread that knows nothing of this one's context."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask).result()


def test_scopes_nest(tmp_path: Path) -> None:
    """The innermost has it all; outside of all there is none."""
    outer, inner = tape(tmp_path), tape(tmp_path)
    assert frames.tape_here() is None
    first = frames.enter(outer)
    second = frames.enter(inner)
    assert frames.tape_here() is inner
    frames.leave(second)
    assert frames.tape_here() is outer
    frames.leave(first)
    assert frames.tape_here() is None


def test_scopes_end_in_any_order(tmp_path: Path) -> None:
    """The outer one before the inner, as fixtures may: what is open still holds."""
    outer, inner = tape(tmp_path), tape(tmp_path)
    first, second = frames.enter(outer), frames.enter(inner)
    frames.leave(first)
    assert frames.tape_here() is inner
    frames.leave(second)
    assert frames.tape_here() is None


def test_a_scope_may_end_in_another_context(tmp_path: Path) -> None:
    """Where it began, it is over too."""
    frame = frames.enter(tape(tmp_path))
    in_a_thread(lambda: frames.leave(frame))
    assert frames.tape_here() is None


def test_tasks_do_not_mix(tmp_path: Path) -> None:
    """Each has its own, also when they take turns; what a task begins is in its scope."""

    async def child() -> Tape | None:
        return frames.tape_here()

    async def work(barrier: asyncio.Barrier) -> None:
        mine = tape(tmp_path)
        frame = frames.enter(mine)
        for _ in range(3):
            await barrier.wait()
            assert frames.tape_here() is mine
            assert await asyncio.create_task(child()) is mine
            assert await asyncio.to_thread(frames.tape_here) is mine
        frames.leave(frame)

    async def play() -> None:
        barrier = asyncio.Barrier(3)
        await asyncio.gather(*[work(barrier) for _ in range(3)])

    asyncio.run(play())


def test_threads_do_not_mix(tmp_path: Path) -> None:
    """Each has its own."""
    barrier = threading.Barrier(3)

    def work(_: int) -> bool:
        mine = tape(tmp_path)
        frame = frames.enter(mine)
        barrier.wait()
        found = frames.tape_here()
        barrier.wait()
        frames.leave(frame)
        return found is mine

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work, range(3))) == [True] * 3


def test_a_thread_that_knows_of_no_scope_is_in_the_only_one(tmp_path: Path) -> None:
    """The innermost of those that stand within each other: a pool's thread must not go past a cassette."""
    outer, inner = tape(tmp_path), tape(tmp_path)
    first = frames.enter(outer)
    assert in_a_thread(frames.tape_here) is outer
    second = frames.enter(inner)
    assert in_a_thread(frames.tape_here) is inner
    frames.leave(second)
    frames.leave(first)
    assert in_a_thread(frames.tape_here) is None


@pytest.mark.parametrize("mode", [RecordMode.ALL, RecordMode.NONE])
def test_a_thread_that_could_be_in_either_is_in_neither(tmp_path: Path, mode: RecordMode) -> None:
    """It goes past those that record, and is refused if one only plays: both are told of who went past."""
    one, other = tape(tmp_path), tape(tmp_path, mode)
    contexts = [contextvars.copy_context(), contextvars.copy_context()]
    entered = [context.run(frames.enter, mine) for context, mine in zip(contexts, (one, other), strict=True)]
    assert contexts[0].run(frames.tape_here) is one
    assert contexts[1].run(frames.tape_here) is other
    assert frames.tapes_here() == [one, other]
    if mode is RecordMode.NONE:
        with pytest.raises(Unmatched, match="while several are open") as error:
            frames.tape_here()
        assert "copy_context" in error.value.hint
    else:
        assert frames.tape_here() is None
    for context, frame in zip(contexts, entered, strict=True):
        context.run(frames.leave, frame)
