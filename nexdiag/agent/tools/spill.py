"""Spill: keeps in files the whole of what is too long for the model.

Law: no file is ever written over, whoever writes beside us: a name is taken with O_EXCL. The reference executor counted
from 0 in each process and wrote over the outputs of the one before.
"""

import contextlib
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Self

from nexdiag.agent.tools.output import head_tail

SIZE = 50 << 20
"""Bytes of one output that are kept: a command that prints for ever must not fill the disk."""
KEPT = 7 * 86_400.0
"""Seconds after which an output is removed, when the next session begins to keep some."""

_NAME = re.compile(r"(\d{5,})-[a-z_]{1,40}\.txt")
_PLAIN = re.compile(r"[^a-z_]")

Cut = Callable[[str, int], str]


class Spill:
    """The directory of long outputs. Without one, what is cut is lost, and the cut says only how much."""

    def __init__(self, folder: Path | None = None, *, root: Path, clock: Callable[[], float] = time.time) -> None:
        """Keep files in `folder`, made when it is needed; name them as seen from `root`, the working directory."""
        self.folder = folder
        self._root = root
        self._clock = clock
        self._next = 0

    def fit(self, tool: str, text: str, limit: int, *, cut: Cut = head_tail) -> str:
        """Return `text` within `limit` characters; what is too long is cut, and says where all of it is."""
        if len(text) <= limit:
            return text
        with self.begin(tool, 0) as whole:
            whole.add(text.encode("utf-8", "replace"))
            note = whole.end(wanted=True)
        return cut(text, limit - len(note)) + note

    def begin(self, tool: str, limit: int) -> "Growing":
        """Return a place for an output that comes in pieces; a file is made once it has more than `limit` bytes."""
        return Growing(lambda: self._create(tool), limit)

    def shown(self, path: Path) -> str:
        """Return a path of ours as the model, and a shell in the working directory, can use it."""
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else str(path)

    def _create(self, tool: str) -> tuple[BinaryIO, Path, str] | None:
        """Return a new file; None where there is no directory, or it cannot be written to."""
        if self.folder is None:
            return None
        try:
            self._prepare(self.folder)
            while True:
                self._next += 1
                path = self.folder / f"{self._next:05d}-{_PLAIN.sub('_', tool)[:40]}.txt"
                with contextlib.suppress(FileExistsError):
                    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
                    return os.fdopen(handle, "wb"), path, self.shown(path)
        except OSError:
            return None

    def _prepare(self, folder: Path) -> None:
        """Make the directory, remove what is too old, and go on counting where others stopped."""
        if self._next:
            return
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = prune(folder, _NAME, self._clock() - KEPT)
        self._next = max((int(name.partition("-")[0]) for name in names), default=0)


def prune(folder: Path, pattern: re.Pattern[str], before: float) -> list[str]:
    """Remove the files of ours that were last written before that time; return the names of all that there were."""
    with os.scandir(folder) as entries:
        ours = [entry for entry in entries if pattern.fullmatch(entry.name)]
    for entry in ours:
        with contextlib.suppress(OSError):
            if entry.stat(follow_symlinks=False).st_mtime < before:
                Path(entry.path).unlink()
    return [entry.name for entry in ours]


class Growing:
    """One output while it comes."""

    def __init__(self, create: Callable[[], tuple[BinaryIO, Path, str] | None], limit: int) -> None:
        """Call `create` for a file once there is more than `limit` bytes."""
        self._create = create
        self._limit = limit
        self._held = bytearray()
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._shown = ""
        self._size = 0
        self._given_up = False

    def __enter__(self) -> Self:
        """Take pieces; what has not been asked for by the end is removed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the file, unless `end` has named it."""
        self.end(wanted=False)

    def add(self, piece: bytes) -> None:
        """Take the next bytes. A disk that is full costs the file, never the run."""
        self._size += len(piece)
        if self._given_up:
            return
        if self._file is None:
            self._held += piece
            if self._size <= self._limit:
                return
            piece = bytes(self._held)
            self._held.clear()
            self._open()
        if self._file is not None:
            try:
                self._file.write(piece[: max(0, SIZE - (self._size - len(piece)))])
            except OSError:
                self._drop()

    def _open(self) -> None:
        made = self._create()
        if made is None:
            self._given_up = True
        else:
            self._file, self._path, self._shown = made

    def end(self, *, wanted: bool) -> str:
        """Close the file and return the note that names it; empty if there is none. Not `wanted`, it is removed."""
        if self._file is None:
            return ""
        if not wanted:
            self._drop()
            return ""
        try:
            self._file.close()
        except OSError:
            self._drop()
            return ""
        self._file = None
        first = f"the first {SIZE >> 20} MiB of " if self._size > SIZE else ""
        where = f"{self._size} bytes: {self._shown}; read_file shows parts, grep searches it"
        return f"\n[{first}the whole output, {where}]"

    def _drop(self) -> None:
        """Remove the file: half of an output would be taken for all of it."""
        self._given_up = True
        if self._file is not None and self._path is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._path.unlink(missing_ok=True)
        self._file = None
