"""No more is read of a file than a limit, and nothing for a call that was cancelled."""

import asyncio
import os
import threading
from pathlib import Path

import pytest
from counted_files import CountedWorkspace, sparse

from nexdiag.agent.tools.scan import BLOCK, LIMIT, StoppedError, at_end, blocks, digest_of_file, in_thread, outline
from nexdiag.agent.tools.seen import digest_of

HUGE = 8 << 30


def digest(root: Path, name: str = "f") -> bytes:
    with CountedWorkspace(root).open(name) as file:
        return digest_of_file(file, threading.Event())


def test_blocks_end_at_the_limit(tmp_path: Path) -> None:
    """Of a huge file the limit is read, of a small one all, to the byte."""
    sparse(tmp_path / "f", HUGE)
    (tmp_path / "small").write_bytes(b"x" * (BLOCK + 1))
    workspace = CountedWorkspace(tmp_path)
    with workspace.open("f") as file:
        assert sum(len(block) for block in blocks(file, threading.Event())) == sum(workspace.sizes) == LIMIT
        assert not at_end(file)
    with workspace.open("small") as file:
        assert [len(block) for block in blocks(file, threading.Event())] == [BLOCK, 1]
        assert at_end(file)


def test_a_flag_ends_the_blocks(tmp_path: Path) -> None:
    """Nothing is read any more once it is set."""
    sparse(tmp_path / "f", HUGE)
    stop = threading.Event()
    workspace = CountedWorkspace(tmp_path, before=lambda reads: stop.set() if reads == 2 else None)
    with workspace.open("f") as file, pytest.raises(StoppedError):
        list(blocks(file, stop))
    assert len(workspace.sizes) == 3


def test_a_cancelled_call_raises_the_flag() -> None:
    """The thread learns of it; a call that ends in peace gives what the work gave."""
    assert asyncio.run(in_thread(lambda stop: stop.is_set())) is False
    begun = threading.Event()
    told: list[bool] = []

    def work(stop: threading.Event) -> None:
        begun.set()
        told.append(stop.wait(timeout=60))

    async def main() -> None:
        call = asyncio.create_task(in_thread(work))
        await asyncio.to_thread(begun.wait)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(main())  # it waits for the thread
    assert told == [True]


def test_a_small_file_is_known_by_its_content(tmp_path: Path) -> None:
    """As by `digest_of`: a touch changes nothing, a byte does, wherever it stands."""
    content = b"x" * (3 * BLOCK)
    (tmp_path / "f").write_bytes(content)
    os.utime(tmp_path / "f", (1, 1))
    assert digest(tmp_path) == digest_of([content])
    (tmp_path / "f").write_bytes(content[:-BLOCK] + b"y" + content[1 - BLOCK :])
    assert digest(tmp_path) != digest_of([content])


def test_a_large_file_is_known_by_its_outline(tmp_path: Path) -> None:
    """Size, time, start and end each tell; two blocks are read of it."""
    sparse(tmp_path / "f", HUGE)
    os.utime(tmp_path / "f", (1, 1))
    workspace = CountedWorkspace(tmp_path)
    with workspace.open("f") as file:
        first = digest_of_file(file, threading.Event())
        assert first == outline(file)
    assert sum(workspace.sizes) == 4 * BLOCK
    assert digest(tmp_path) == first
    found = {first}
    for size, start, end, changed in (
        (HUGE, b"", b"", 2),
        (HUGE + 1, b"", b"", 1),
        (HUGE, b"a", b"", 1),
        (HUGE, b"", b"a", 1),
    ):
        sparse(tmp_path / "f", size, start=start, end=end)
        os.utime(tmp_path / "f", (changed, changed))
        found.add(digest(tmp_path))
    assert len(found) == 5
