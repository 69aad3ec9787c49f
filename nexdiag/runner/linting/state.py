"""An executor's state directory on disk → StateSeen, for the linter. Ours, and the reference executor's.

Law: nothing is written, no lock is taken (a look must not keep a daemon from its own), nothing is waited for. Whatever
stands there may be hostile: what is no regular file is not opened, a link is not followed, of a huge file the end is
read. What could not be read is told, and never counts as checked.
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.agent.session.lock import NAME as LOCK
from nexdiag.agent.session.lock import process_start
from nexdiag.codec import jsontext
from nexdiag.codec.journal import seconds
from nexdiag.core.errors import CassetteError
from nexdiag.lint.seen.state import INBOX, JOURNAL, LOG, OUTBOX, LockSeen, RowSeen, StateSeen, row

MOST = 32 * 1024**2
"""Bytes of a file that are read, from its end."""
_COUNTED = 1024**3
"""Bytes before them in which lines are counted: beyond that nobody knows the number of a line."""
_PIECE = 1024**2
_SMALL = 4096
_SLACK = 2.0
"""Seconds by which a process may seem to have started after it wrote its lock: clocks are read in ticks."""
_NUMBERED = re.compile(r"\.?(?:chat-|coordinator-)?(0|[1-9][0-9]{0,8})")
_CHAT_FILES = (JOURNAL, INBOX, OUTBOX)

Starts = Callable[[int], float | None]
"""Of a pid: Unix time at which it started, 0.0 if it does not tell, None if there is none."""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a state directory, read."""

    path: Path
    state: StateSeen
    unread: tuple[str, ...] = ()
    """What could not be read, or not whole, in sentences."""


def is_chat(path: Path) -> bool:
    """Whether that is the directory of one chat."""
    return any(_is_file(path / name) for name in _CHAT_FILES)


def is_state(path: Path) -> bool:
    """Whether that is a state directory: a registry, a daemon's log, or a chat."""
    marks = (path / "chat" / "sessions.json", path / "service" / LOG, path / "service" / "state.json")
    return any(_is_file(mark) for mark in marks) or any(is_chat(one) for one in _below(path / "chat"))


def read_state(path: Path, *, starts: Starts = process_start) -> list[Read]:
    """The service first, then each chat. Raises `CassetteError` if the directory cannot be looked into."""
    try:
        os.scandir(path).close()
    except OSError as error:
        raise CassetteError(f"{path} cannot be read: {error.strerror}", hint="look at its owner and mode") from error
    sessions = _sessions(path)
    places = [one for one in (*_below(path / "chat"), *_below(path / "output")) if is_chat(one)]
    service = _service(path, sessions)
    return [service, *(read_chat(one, sessions.get(one.name, {}), starts=starts) for one in places)]


def read_chat(path: Path, record: Mapping[str, Any] | None = None, *, starts: Starts = process_start) -> Read:
    """One chat; `record` is what the registry says of it."""
    files = _Files(path)
    lock = _lock(path, starts)  # first: who left since then had settled what is read now
    inbox, outbox, journal = files.rows(INBOX), files.rows(OUTBOX), files.rows(JOURNAL)
    kind = (record or {}).get("kind")
    return Read(
        path=path,
        state=StateSeen(
            name=path.name,
            inbox=inbox,
            outbox=outbox,
            journal=journal,
            cursor=_cursor(path),
            lock=lock,
            partial=frozenset(files.partial),
            rotated=any((path / "archive").glob("*box-*.jsonl")),
            kind=kind if isinstance(kind, str) else "task-agent" if path.parent.name == "output" else "",
        ),
        unread=tuple(files.unread),
    )


class _Files:
    """The files of one directory, as far as they can be read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.partial: set[str] = set()
        self.unread: list[str] = []

    def rows(self, name: str) -> tuple[RowSeen, ...]:
        """The rows of a file of JSON lines; none for a file that is not there."""
        return tuple(row(name, number, line) for number, line in self._lines(name) if line.strip())

    def texts(self, name: str) -> tuple[RowSeen, ...]:
        """The lines of a log."""
        lines = self._lines(name)
        return tuple(RowSeen(file=name, line=number, text=line.decode("utf-8", "replace")) for number, line in lines)

    def _lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        try:
            content, first, cut = _tail(self._directory / name)
        except FileNotFoundError:
            return
        except OSError as error:
            why = "it is a link" if error.errno == errno.ELOOP else error.strerror or str(error)
            self.partial.add(name)
            self.unread.append(f"{name}: it cannot be read: {why}")
            return
        if cut:
            self.partial.add(name)
            self.unread.append(f"{name}: it is large, and only its last {MOST // 1024**2} MiB were read")
        *lines, rest = content.split(b"\n")
        if rest and row(name, 0, rest).good:  # else it is being written, or its writer died: no reader minds
            lines.append(rest)
        for place, line in enumerate(lines):
            yield (first + place if first else 0), line.removesuffix(b"\r")


def _tail(path: Path) -> tuple[bytes, int, bool]:
    """The end of a file, the number of its first line (0 if nobody counted), and whether something is before it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - of a descriptor, which no path opens
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        skipped = max(0, facts.st_size - MOST)
        if not skipped:
            return file.read(MOST), 1, False
        before = 0
        if skipped <= _COUNTED:
            before = sum(file.read(min(_PIECE, skipped - at)).count(b"\n") for at in range(0, skipped, _PIECE))
        file.seek(skipped)
        _, _, content = file.read(MOST).partition(b"\n")
        return content, before + 2 if skipped <= _COUNTED else 0, True


def _service(path: Path, sessions: Mapping[str, Mapping[str, Any]]) -> Read:
    files = _Files(path / "service")
    log = (*files.texts(f"{LOG}.1"), *files.texts(LOG))
    archived = sum(map(is_chat, _below(path / "chat" / ".archive")))
    left_out = (f"archived chats: {archived} (name their directories, to judge them)",) if archived else ()
    state = StateSeen(name=str(path), log=log, directories=_directories(path / "chat", sessions))
    return Read(path=path, state=state, unread=(*files.unread, *left_out))


def _sessions(path: Path) -> dict[str, Mapping[str, Any]]:
    """What the registry holds, as far as it can be read."""
    try:
        value = jsontext.read(_tail(path / "chat" / "sessions.json")[0])
    except (OSError, ValueError):
        return {}
    sessions = value.get("sessions") if isinstance(value, dict) else None
    entries = sessions.items() if isinstance(sessions, dict) else ()
    return {key: record for key, record in entries if isinstance(record, dict)}


def _directories(chat: Path, sessions: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """By each name: the directories that programs take for it, those of the registry first."""
    found: dict[str, dict[str, None]] = {}
    for key, record in sessions.items():
        aliases = record.get("aliases")
        names = [name for name in aliases if isinstance(name, str)] if isinstance(aliases, list) else []
        for name in {_plain(name) for name in names} if not record.get("archived_at") else ():
            found.setdefault(name, {})[f"chat/{key}"] = None
    for one in _below(chat):
        name = _plain(one.name)
        if one.name not in sessions and (name in found or name != one.name or _NUMBERED.fullmatch(name)):
            found.setdefault(name, {})[f"chat/{one.name}"] = None
    return {name: tuple(places) for name, places in sorted(found.items())}


def _plain(name: str) -> str:
    """Chat N has several names; they are one."""
    numbered = _NUMBERED.fullmatch(name)
    return f"chat-{numbered[1]}" if numbered else name


def _lock(path: Path, starts: Starts) -> LockSeen | None:
    try:
        content = _tail(path / LOCK)[0]
    except OSError:
        return None
    pid, since, kind = (*content[:_SMALL].decode("utf-8", "replace").split("\n"), "", "", "")[:3]
    number = int(pid) if re.fullmatch(r"[1-9][0-9]{0,9}", pid.strip()) else None
    return LockSeen(file=LOCK, pid=number, since=since[:40], kind=kind[:40], held=_lives(number, since, starts))


def _lives(pid: int | None, since: str, starts: Starts) -> bool:
    """Whether the holder is alive: that very process, not a later one with its number."""
    started = None if pid is None else starts(pid)
    written = seconds(since)
    return started is not None and (written is None or started <= written + _SLACK)


def _cursor(path: Path) -> int | None:
    try:
        text = _tail(path / ".nex-cursor")[0].strip()
    except OSError:
        return None
    return int(text) if re.fullmatch(rb"[0-9]{1,16}", text) else None


def _below(path: Path) -> list[Path]:
    """The directories there, links aside, by name."""
    try:
        return sorted(one for one in path.iterdir() if one.is_dir() and not one.is_symlink())
    except OSError:
        return []


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
