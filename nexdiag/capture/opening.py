"""How a recording's file is opened: created, gone on with, or written beside the one that it is to replace.

Law: no two writers have one file, and none that exists is overwritten before its successor is whole.
"""

import fcntl
import os
from pathlib import Path

import msgspec

from nexdiag.codec import cassette as codec
from nexdiag.codec.cassette import Encoder
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An open file, and what it holds already."""

    file: int
    path: Path
    """Where the file is now."""
    length: int = 0
    encoder: Encoder = msgspec.field(default_factory=Encoder)
    recorded: Cassette | None = None
    """What it held when it was opened, where it was there before."""
    old: int = -1
    """The file that it is to replace, open and locked: nobody else writes it meanwhile; -1 for none."""
    unnamed: bool = False
    """The file has no name yet: `named` gives it one, when its header is in it."""


def created(path: Path) -> Opened:
    """A new file, mode 0600, if it can be had without a name. Raises `CassetteError` if it exists or cannot be made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.lstat(path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        raise cannot(path, error) from error
    else:
        raise _taken(path)
    try:
        file = os.open(path.parent, _FLAGS | os.O_TMPFILE, 0o600)
    except (OSError, AttributeError):  # not on every system, nor on every file system
        return _made(path)
    return Opened(file=_locked(path, file), path=path, unnamed=True)


def _made(path: Path) -> Opened:
    try:
        file = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise _taken(path) from error
    except (OSError, ValueError) as error:
        raise cannot(path, error) from error
    return Opened(file=_locked(path, file), path=path)


def named(opened: Opened) -> None:
    """Let the file have its name: nobody, not even a crash, sees it without its header.

    Raises `CassetteError` if somebody else has taken the name by now.
    """
    if not opened.unnamed:
        return
    folder = os.open("/proc/self/fd", os.O_RDONLY | os.O_DIRECTORY)  # with a folder, `link` follows the link there
    try:
        os.link(str(opened.file), opened.path, src_dir_fd=folder, follow_symlinks=True)
    except FileExistsError as error:
        raise _taken(opened.path) from error
    except OSError as error:
        raise cannot(opened.path, error) from error
    finally:
        os.close(folder)


def _taken(path: Path) -> CassetteError:
    hint = "name another file, or remove that one: a recording is never overwritten"
    return CassetteError(f"cannot record to {path}: it exists", hint=hint)


def reopened(path: Path) -> Opened:
    """A recording to go on with; a torn tail is cut off.

    Raises `CassetteError` if it is none, cannot be written, or another writer is at it.
    """
    try:
        file = _locked(path, os.open(path, _FLAGS))
    except (OSError, ValueError) as error:
        raise cannot(path, error) from error
    try:
        raw = path.read_bytes()
        recorded, encoder = codec.decode(raw, name=str(path)), codec.resumed(raw, name=str(path))
        length = raw.rindex(b"\n") + 1 if recorded.tear is not None else len(raw)
        os.ftruncate(file, length)
        if not raw[:length].endswith(b"\n"):  # its last line is whole, but for its end
            length += os.write(file, b"\n")
    except CassetteError:
        os.close(file)
        raise
    except OSError as error:
        os.close(file)
        raise cannot(path, error) from error
    return Opened(file=file, path=path, length=length, encoder=encoder, recorded=recorded)


def beside(path: Path) -> Opened:
    """A new file next to another. What a writer that was killed left there is removed.

    Raises `CassetteError` if it cannot be made, or another writer is at it, or at the one that it is to replace.
    """
    new = path.with_name(f".{path.name}.new")
    left, old = _there(path, new), _there(path, path)
    try:
        if left >= 0:
            new.unlink()
        return msgspec.structs.replace(_made(new), old=old)
    except (CassetteError, OSError) as error:
        if old >= 0:
            os.close(old)
        raise error if isinstance(error, CassetteError) else cannot(path, error) from error
    finally:
        if left >= 0:
            os.close(left)


def _there(path: Path, file: Path) -> int:
    """The file, open and locked, if it is there; -1 if it is not. `path` is that of the recording, for errors."""
    try:
        return _locked(path, os.open(file, _FLAGS))
    except FileNotFoundError:
        return -1
    except (OSError, ValueError) as error:
        raise cannot(path, error) from error


def same(file: int, path: Path) -> bool:
    """Whether the open file is the one that has that name: it may have been moved, and another put there."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False


def cannot(path: Path, error: Exception) -> CassetteError:
    """What to raise where a recording cannot be written."""
    return CassetteError(f"cannot record to {path}: {why(error)}", hint="name a file in a directory you can write to")


def why(error: Exception) -> str:
    """What went wrong, in the system's words if it has some."""
    return (error.strerror if isinstance(error, OSError) else None) or f"{type(error).__name__}: {error}"


def _locked(path: Path, file: int) -> int:
    """The file, which nobody else writes as long as it is open."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        hint = "one recording, one writer: name another file, or wait for the other to end"
        raise CassetteError(f"cannot record to {path}: another recording is at it", hint=hint) from None
    except OSError:  # a file system without locks: that a file is only created once has to do
        return file
    return file
