"""Runs pieces of work side by side, a few at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

_Worth = TypeVar("_Worth")


async def together(work: Sequence[Callable[[], Awaitable[_Worth]]], places: int) -> list[_Worth]:
    """Return what each piece gives, in their order. The first that fails, or a cancellation, stops all."""
    free = asyncio.Semaphore(places)

    async def one(piece: Callable[[], Awaitable[_Worth]]) -> _Worth:
        async with free:
            return await piece()

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(piece)) for piece in work]
    except ExceptionGroup as failures:  # whoever called knows nothing of groups
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
