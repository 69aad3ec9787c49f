"""The only place of a session that writes: whole lines at the end of a file, or whole files in one move.

What returned without an error is on disk. What was killed half-way leaves the old file, or a torn last line that the
next writer closes and every reader passes over. Writers take turns by flock on a sidecar, `<name>.lock`, as the
reference executor's do. What a line means is no matter of this file.

A directory that is gone stays gone: only `ensure_directory` makes one (writers that made their own brought archived
sessions back to life).
"""

import errno
import fcntl
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.errors import DaemonError

Append = Callable[[bytes], None]
Clock = Callable[[], float]
"""Unix time in seconds."""


class DiskFull(DaemonError):  # noqa: N818 - named for the fact
    """There is no room: it passes when somebody makes some."""


class BadLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is no JSON object."""

    at: int
    """Byte offset at which it starts."""
    raw: bytes
    why: str


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a file from some offset on."""

    lines: tuple[bytes, ...]
    bad: tuple[BadLine, ...]
    end: int
    """Where to read on: behind the last line that is whole."""
    torn: bytes
    """What follows `end`: a line that is being written, or whose writer died."""


def ensure_directory(path: Path) -> Path:
    """Make the directory and its parents, 0700 each, where they are missing."""
    with _told(path, "make"):
        for part in (*reversed(path.parents), path):
            if not part.exists():
                part.mkdir(mode=0o700, exist_ok=True)
                _sync_directory(part.parent)
    return path


@contextmanager
def locked(path: Path) -> Iterator[Append]:
    """Hold the lock of `path`; what it yields appends one line.

    Not re-entrant: a second `locked` of the same path in the same thread waits for ever.
    """
    sidecar = _open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(sidecar, fcntl.LOCK_EX)
        yield lambda line: _append(path, line)
    finally:
        os.close(sidecar)


def append_line(path: Path, line: bytes) -> None:
    """Add one line, given without its newline, and wait until it is on disk.

    Raises DaemonError if it cannot; then the file is as it was.
    """
    with locked(path) as append:
        append(line)


def replace(path: Path, content: bytes) -> None:
    """Put `content` in place of the whole file: a reader sees the old one or the new one, and so does a crash."""
    temporary = _temporary(path)
    with _told(path, "write"):
        descriptor = _open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        try:
            _write_whole(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
        _sync_directory(path.parent)


def move(path: Path, target: Path) -> None:
    """Give the file or directory another name, in the same file system."""
    with _told(path, "move"):
        path.replace(target)
        _sync_directory(path.parent)
        _sync_directory(target.parent)


def remove(path: Path) -> None:
    """Remove the file, if it is there."""
    with _told(path, "remove"):
        try:
            path.unlink()
        except FileNotFoundError:
            return
        _sync_directory(path.parent)


def remove_tree(path: Path) -> None:
    """Remove the directory and all that is in it, if it is there."""
    with _told(path, "remove"):
        if path.is_dir():
            shutil.rmtree(path)
            _sync_directory(path.parent)


def keep_as(path: Path, target: Path) -> None:
    """Give the file a second name: what stands in it by now stays there, whatever becomes of the first one."""
    with _told(target, "make"):
        target.hardlink_to(path)
        _sync_directory(target.parent)


def show(path: Path, content: bytes) -> None:
    """Put `content` in place of the whole file without waiting for the disk: for what is only shown."""
    temporary = _temporary(path)
    with _told(path, "write"):
        try:
            descriptor = _open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            try:
                _write_whole(descriptor, content)
            finally:
                os.close(descriptor)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise


def hide(path: Path) -> None:
    """Remove what was only shown, without waiting for the disk."""
    with _told(path, "remove"):
        path.unlink(missing_ok=True)


def note(path: Path, content: bytes) -> None:
    """Add to the end of the file without waiting for the disk: for what only people read."""
    with _told(path, "write"):
        descriptor = _open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            _write_whole(descriptor, content)
        finally:
            os.close(descriptor)


def publish_held(path: Path, content: bytes, *, over: bool) -> int | None:
    """Put a file in place that holds `content` and is already flocked; the descriptor keeps the lock while it is open.

    None if there is such a file already, unless `over` says to take its place.
    """
    temporary = _temporary(path)
    with _told(path, "write"):
        temporary.unlink(missing_ok=True)
        descriptor = _open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _write_whole(descriptor, content)
            os.fsync(descriptor)
            if over:
                temporary.replace(path)
            else:
                path.hardlink_to(temporary)
                temporary.unlink()
            _sync_directory(path.parent)
        except OSError as error:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)
            if isinstance(error, FileExistsError):
                return None
            raise
    return descriptor


def read(path: Path, offset: int = 0) -> bytes:
    """Read what stands in the file from that byte on; a missing file is an empty one."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise DaemonError(f"cannot read {path}: {error.strerror}", hint="look at its owner and its mode") from error


def facts(path: Path) -> os.stat_result | None:
    """Look at size and identity of a file; None if there is none."""
    with _told(path, "look at"):
        try:
            return path.stat()
        except FileNotFoundError:
            return None


def read_lines(path: Path) -> tuple[tuple[bytes, ...], tuple[BadLine, ...]]:
    """All lines that are JSON objects, and those that are not. A missing file has none of either."""
    tail = read_from(path, 0)
    if not tail.torn:
        return tail.lines, tail.bad
    return tail.lines, (*tail.bad, BadLine(at=tail.end, raw=tail.torn, why="torn: the file ends within the line"))


def read_from(path: Path, offset: int) -> Tail:
    """Read the lines from that byte on.

    A last line without its newline counts as whole if it is a JSON object: no part of one is one.
    """
    content = read(path, offset)
    lines, bad = [], []
    *whole, last = content.split(b"\n")
    at = offset
    for line in whole:
        why = _fault(line) if line.strip() else ""
        if why:
            bad.append(BadLine(at=at, raw=line, why=why))
        elif line.strip():
            lines.append(line)
        at += len(line) + 1
    if last.strip() and not _fault(last):
        lines.append(last)
        at, last = at + len(last), b""
    return Tail(lines=tuple(lines), bad=tuple(bad), end=at, torn=last)


def _fault(line: bytes) -> str:
    try:
        return "" if isinstance(jsontext.read(line), dict) else "JSON, but no object"
    except ValueError as error:
        return f"no JSON: {error}"


def _append(path: Path, line: bytes) -> None:
    if b"\n" in line:
        raise ValueError("a line holds no newline")
    with _told(path, "write"):
        descriptor = _open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            try:
                _write_whole(descriptor, (b"\n" if torn else b"") + line + b"\n")
                getattr(os, "fdatasync", os.fsync)(descriptor)
            except OSError:
                os.ftruncate(descriptor, size)  # a full disk: half a line would be reported for ever
                raise
        finally:
            os.close(descriptor)
        if size == 0:
            _sync_directory(path.parent)


def _write_whole(descriptor: int, content: bytes) -> None:
    """One write; more only if the system took less than all of it."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _open(path: Path, flags: int) -> int:
    with _told(path, "open"):
        return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _temporary(path: Path) -> Path:
    """Name the draft after the thread that runs, so that two writers never share one."""
    return path.with_name(f"{path.name}.tmp-{threading.get_native_id()}")


def _sync_directory(path: Path) -> None:
    """Put the directory on disk: a new name is there only when its directory is."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told(path: Path, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hint = "what was written before is safe; look at the free space, the owner and the mode of its directory"
        kind = DiskFull if error.errno in {errno.ENOSPC, errno.EDQUOT} else DaemonError
        raise kind(f"cannot {verb} {path}: {error.strerror or error}", hint=hint) from error
