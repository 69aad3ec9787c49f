"""Reads files in threads, block by block: no more than a limit of any, and nothing for somebody who has gone.

A thread cannot be ended from outside. Law: each block that is read here is preceded by a look at the flag that a
cancelled call sets, so that a file of any size holds up neither the end of the program nor the pool of threads.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeVar

from nexdiag.agent.tools.seen import digest_of

LIMIT = 64 << 20
"""Bytes of one file that are scanned."""
BLOCK = 1 << 18

_Worth = TypeVar("_Worth")


class StoppedError(Exception):
    """Nobody waits for this work any more. Not a ToolError: no tool may take it for a refusal and go on."""


async def in_thread(work: Callable[[threading.Event], _Worth]) -> _Worth:
    """Return what `work` gives, done in a thread; the flag that it gets is set once nobody waits for it."""
    stop = threading.Event()
    try:
        return await asyncio.to_thread(work, stop)
    finally:
        stop.set()


def go_on(stop: threading.Event) -> None:
    """Raise StoppedError if nobody waits any more."""
    if stop.is_set():
        raise StoppedError


def blocks(file: BinaryIO, stop: threading.Event) -> Iterator[bytes]:
    """Give what follows in a file, up to the limit; StoppedError once `stop` is set."""
    left = LIMIT
    while left:
        go_on(stop)
        block = file.read(min(BLOCK, left))
        if not block:
            return
        left -= len(block)
        yield block


def at_end(file: BinaryIO) -> bool:
    """Tell whether nothing follows. It asks the file itself: its size may be another by now."""
    return not file.read(1)


def digest_of_file(file: BinaryIO, stop: threading.Event) -> bytes:
    """Return what tells one content of a file from another; of one over the limit, what its outline tells."""
    file.seek(0)
    if os.fstat(file.fileno()).st_size <= LIMIT:
        digest = digest_of(blocks(file, stop))
        if at_end(file):
            return digest
    return outline(file)


def outline(file: BinaryIO) -> bytes:
    """Return a digest of size, time of change, first and last block: enough for a file too large to read whole.

    It may say "changed" of a file that is as it was (somebody touched it), which costs one more look at it.
    """
    known = os.fstat(file.fileno())
    file.seek(0)
    head = file.read(BLOCK)
    file.seek(max(0, known.st_size - BLOCK))
    return digest_of([f"{known.st_size} {known.st_mtime_ns} ".encode(), head, file.read(BLOCK)])
