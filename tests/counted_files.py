"""A workspace that counts what is read of its files, and can hold a reader at each block."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from nexdiag.agent.tools.workspace import Workspace


class CountedWorkspace(Workspace):
    """Like any other; `sizes` has what each read asked for and got."""

    def __init__(self, root: Path, *, before: Callable[[int], None] = lambda reads: None) -> None:
        """`before` hears of each read, with the number of those done so far; it may block."""
        super().__init__(root)
        self.sizes: list[int] = []
        self._before = before

    def open(self, path: str) -> BinaryIO:
        """Return the file, counted."""
        return _Counted(super().open(path), self.sizes, self._before)


class _Counted(io.BufferedReader):
    def __init__(self, file: BinaryIO, sizes: list[int], before: Callable[[int], None]) -> None:
        assert isinstance(file, io.BufferedReader)
        super().__init__(file.detach())
        self._sizes = sizes
        self._before = before

    def read(self, size: int | None = -1, /) -> bytes:
        self._before(len(self._sizes))
        block = super().read(size)
        self._sizes.append(len(block))
        return block


def sparse(file: Path, size: int, *, start: bytes = b"", end: bytes = b"") -> None:
    """Make a file of this size that takes next to nothing of the disk: zeros between start and end."""
    with file.open("wb") as out:
        out.write(start)
        out.truncate(size)
        out.seek(size - len(end))
        out.write(end)
