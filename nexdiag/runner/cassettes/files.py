"""Recordings on disk: read, made anew, and replaced. Nothing is overwritten unless that was asked for.

Law: at every moment of a replacement the name leads to a whole file, the old one or the new one.
"""

import contextlib
import fcntl
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

from nexdiag.core.errors import CassetteError

BACKUP = ".bak"
_LARGEST = 2 * 1024**3
_PRIVATE = 0o600
_LONGEST = 40
"""Characters of a name that one beside it takes over: file systems end at 255 bytes."""


def read(path: Path) -> bytes:
    """The bytes of a recording. Raises `CassetteError` if it cannot be read."""
    try:
        seen = path.stat()
        if not stat.S_ISREG(seen.st_mode):  # a pipe would be waited for, a device never ends
            raise CassetteError(f"{path} is no file", hint="name a *.cassette.jsonl file, or a directory of them")
        if seen.st_size > _LARGEST:
            raise CassetteError(f"{path} is larger than 2 GiB", hint="split the recording")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise CassetteError(f"no cassette at {path}", hint="record one with: nexdiag capture") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        raise CassetteError(f"{path} cannot be read: {_why(error)}", hint="name a *.cassette.jsonl file") from error


def mode_of(path: Path) -> int | None:
    """Who may do what with the file, as its mode bits; None if that cannot be told."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None


def create(path: Path, raw: bytes, *, mode: int = _PRIVATE) -> None:
    """Make a file that is not there yet, durably. Raises `CassetteError` if it is, or cannot be made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make(path, raw, mode)
    except FileExistsError as error:
        hint = "name another file, or remove that one: a recording is never overwritten"
        raise CassetteError(f"cannot write {path}: it exists", hint=hint) from error
    except (OSError, ValueError) as error:
        raise _cannot(path, error) from error


def _make(path: Path, raw: bytes, mode: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fchmod(file, mode)
            os.fsync(file)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def replace(path: Path, raw: bytes) -> Path:
    """Put `raw` in the place of a recording; the old one is kept beside it under the name that is given back.

    Raises `CassetteError` if it is being recorded to, if an older backup is there, or if the disk refuses.
    """
    path = path.resolve()  # a link to a recording stays a link
    backup = path.with_name(path.name + BACKUP)
    with _alone(path):
        if backup.exists() and not backup.samefile(path):  # the same: an earlier attempt ended halfway
            hint = "move it away, or write the new recording to another file"
            raise CassetteError(f"cannot keep the old {path}: {backup} exists", hint=hint)
        _swap(path, raw, mode=mode_of(path) or _PRIVATE, backup=backup)
    return backup


def put(path: Path, raw: bytes) -> None:
    """Write a recording over what is there, if anything is, whole or not at all.

    Raises `CassetteError` if that is being recorded to, or if the disk refuses.
    """
    try:
        path = Path(os.path.realpath(path))  # a link stays a link, also one that leads nowhere yet
        path.parent.mkdir(parents=True, exist_ok=True)
        there = path.exists()
    except (OSError, ValueError) as error:
        raise _cannot(path, error) from error
    with _alone(path) if there else contextlib.nullcontext():
        _swap(path, raw, mode=_PRIVATE)


def _swap(path: Path, raw: bytes, *, mode: int, backup: Path | None = None) -> None:
    """Let the name lead to the new bytes; the old ones are kept as `backup`, unless that is there."""
    beside = path.with_name(f".{path.name[:_LONGEST]}.{os.getpid()}.{threading.get_ident()}.new")
    try:
        _make(beside, raw, mode)
        if backup is not None and not backup.exists():
            os.link(path, backup)
        beside.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise _cannot(path, error) from error
    finally:
        beside.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """While nobody records to the file: a writer holds a lock on it."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise _cannot(path, error) from error
    try:
        with contextlib.suppress(OSError):  # a file system without locks: writers have none on it either
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                hint = "wait until the recording has ended, or write to another file"
                raise CassetteError(f"cannot change {path}: it is being recorded to", hint=hint) from error
        yield
    finally:
        os.close(file)


def _flush(directory: Path) -> None:
    file = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _cannot(path: Path, error: Exception) -> CassetteError:
    return CassetteError(f"cannot write {path}: {_why(error)}", hint="name a file in a directory you can write to")


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
