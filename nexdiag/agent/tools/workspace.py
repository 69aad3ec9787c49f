"""Workspace: the one directory that file tools may read and write, links included; and some that they may only read.

Law: a path is resolved first, then opened part by part from the root without following any link. After resolving,
no part is a link; one that has become a link since then is refused by the kernel, so the check cannot be outrun.
"""

import contextlib
import os
import secrets
import stat
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO
from weakref import WeakValueDictionary

from nexdiag.agent.tools.tool import nearest, shown
from nexdiag.core.errors import ToolError, UsageError

_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | getattr(os, "O_PATH", os.O_RDONLY)
_LISTED = 1000
"""Names of a directory that are compared with a misspelt one."""

_LOCKS: "WeakValueDictionary[Path, threading.Lock]" = WeakValueDictionary()
"""Those that somebody holds or waits for. Of the process, not of a workspace: each chat has a workspace of its own."""
_locks_lock = threading.Lock()


class Workspace:
    """The directory that tools work in, and nothing outside it."""

    def __init__(self, root: Path, *, reading: Iterable[Path] = (), closed: Iterable[Path] = ()) -> None:
        """Confine to `root`, which must be a directory (else UsageError).

        Below `reading`, wherever it is, files may be read. `closed` are directories within the root that are neither
        read nor written, but for what of them is in `reading`: a model must not lift its own limits, nor read keys.
        """
        self.root = Path(root).resolve()
        if not self.root.is_dir():
            raise UsageError(f"the working directory must be a directory, found {str(root)!r}")
        self._reading = tuple(Path(place).resolve() for place in reading)
        places = (Path(place).resolve() for place in closed)
        self._closed = tuple(place for place in places if not self.root.is_relative_to(place))

    def resolve(self, path: str, *, writing: bool = False) -> Path:
        """Return the real place of `path`, which need not exist; ToolError if that is outside the workspace."""
        if not path:
            raise ToolError("path is empty", hint="name a file relative to the working directory")
        try:
            resolved = (self.root / path).resolve()
        except (OSError, RuntimeError, ValueError) as error:  # too long, links in a circle, NUL or a lone surrogate
            raise ToolError(f"not a usable path: {shown(path)} ({error})") from error
        if self._is_closed(resolved):
            raise ToolError(f"nexdiag's own directory is closed to tools: {shown(path)}")
        if not self.contains(resolved):
            raise ToolError(
                f"path is outside the workspace: {shown(path)}", hint="name a file below the working directory"
            )
        if writing and (self._is_kept(resolved) or not resolved.is_relative_to(self.root)):
            raise ToolError(f"only for reading: {shown(path)}", hint="write a file below the working directory")
        return resolved

    def contains(self, resolved: Path) -> bool:
        """Tell whether a resolved path may be read: it is the root, or another such place, or below one."""
        inside = self._is_kept(resolved) or resolved.is_relative_to(self.root)
        return inside and not self._is_closed(resolved)

    def _is_kept(self, resolved: Path) -> bool:
        return any(resolved.is_relative_to(place) for place in self._reading)

    def _is_closed(self, resolved: Path) -> bool:
        return not self._is_kept(resolved) and any(resolved.is_relative_to(place) for place in self._closed)

    def relative(self, resolved: Path) -> str:
        """Return a resolved path as the model should see it."""
        return resolved.relative_to(self.root).as_posix() if resolved.is_relative_to(self.root) else str(resolved)

    @contextlib.contextmanager
    def alone(self, path: str) -> Iterator[Path]:
        """Hold off everybody else in this process who changes the same file; gives its real place.

        Two chats of one daemon may work in one directory: without this, two edits at once would lose one of them.
        """
        resolved = self.resolve(path, writing=True)
        with _locks_lock:
            lock = _LOCKS.setdefault(resolved, threading.Lock())
        with lock:
            yield resolved

    def open(self, path: str) -> BinaryIO:
        """Return the regular file at `path`, for reading; ToolError if it is none, or outside."""
        resolved = self.resolve(path)
        with self._told(path, resolved), self._folder(resolved, make=False) as folder:
            # O_NONBLOCK: a pipe that nobody writes to must not hang the run.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            handle = os.open(self._name(resolved), flags, dir_fd=folder)
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            os.close(handle)
            raise ToolError(f"{'is a directory' if stat.S_ISDIR(mode) else 'not a regular file'}: {shown(path)}")
        return os.fdopen(handle, "rb")

    def replace(self, path: str, content: bytes) -> bool:
        """Write a file so that readers see the old or the new content, never a part; True if it is new.

        Parent directories are made. An existing file keeps its mode.
        """
        resolved = self.resolve(path, writing=True)
        with self._told(path, resolved), self._folder(resolved, make=True) as folder:
            old = _replaceable(path, self._name(resolved), folder)
            temporary = f".nexdiag-{secrets.token_hex(8)}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            handle = os.open(temporary, flags, 0o666, dir_fd=folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    if old is not None:
                        with contextlib.suppress(PermissionError):  # only root may give a file away
                            os.fchown(handle, old.st_uid, old.st_gid)
                        os.fchmod(handle, stat.S_IMODE(old.st_mode))
                os.rename(temporary, self._name(resolved), src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                os.unlink(temporary, dir_fd=folder)
                raise
        return old is None

    @contextlib.contextmanager
    def _folder(self, resolved: Path, *, make: bool) -> Iterator[int]:
        """Return a handle of the directory that holds `resolved`, reached without following a link."""
        with contextlib.ExitStack() as handles:
            base = next(place for place in (self.root, *self._reading) if resolved.is_relative_to(place))
            folder = os.open(base, _FOLDER)
            handles.callback(os.close, folder)
            for part in resolved.relative_to(base).parts[:-1]:
                try:
                    deeper = os.open(part, _FOLDER, dir_fd=folder)
                except FileNotFoundError:
                    if not make:
                        raise
                    os.mkdir(part, dir_fd=folder)
                    deeper = os.open(part, _FOLDER, dir_fd=folder)
                handles.callback(os.close, deeper)
                folder = deeper
            yield folder

    def _name(self, resolved: Path) -> str:
        """Return what a path is called within its directory; a root is called `.`."""
        return "." if resolved in (self.root, *self._reading) else resolved.name

    @contextlib.contextmanager
    def _told(self, path: str, resolved: Path) -> Iterator[None]:
        """Turn the system's refusal into one that names the path as the model gave it."""
        try:
            yield
        except FileNotFoundError as error:
            near = _near_name(resolved)
            hint = f"did you mean {near!r}, in the same directory?" if near else "use glob to find its name"
            raise ToolError(f"no such file: {shown(path)}", hint=hint) from error
        except OSError as error:
            raise ToolError(f"{error.strerror or type(error).__name__}: {shown(path)}") from error


def _replaceable(path: str, name: str, folder: int) -> os.stat_result | None:
    """Return what is known of the file to replace, None if there is none yet; ToolError if it must stay."""
    try:
        old = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(old.st_mode):
        kind = "is a directory" if stat.S_ISDIR(old.st_mode) else "not a regular file"
        raise ToolError(f"{kind}: {shown(path)}")
    # A rename would get past this bit, which someone set for a reason; a plain write would not.
    if not old.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise ToolError(f"file is read-only: {shown(path)}")
    return old


def _near_name(resolved: Path) -> str:
    try:
        with os.scandir(resolved.parent) as entries:
            names = [entry.name for entry, _ in zip(entries, range(_LISTED), strict=False)]
    except OSError:
        return ""
    return nearest(resolved.name, names)
