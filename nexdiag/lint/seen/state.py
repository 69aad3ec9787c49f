"""An executor's state directory as the rules see it: journals, inboxes, outboxes, locks, logs; read, never touched.

A line of a file is a row, with its place; what is no JSON object is a row without fields. `of_json` reads the short
form that a page shows, and that a user may paste: `{"inbox": [{...}], "outbox": [{...}], "lock": {"held": false}}`.

Law: looking never raises, whatever a field holds.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.journal import seconds
from nexdiag.lint.quoting import quote, shorten

JOURNAL, INBOX, OUTBOX, LOG = "conversation.jsonl", "inbox.jsonl", "outbox.jsonl", "daemon.log"
KEYS = {"journal": JOURNAL, "inbox": INBOX, "outbox": OUTBOX, "daemon_log": LOG}
"""The keys of the short form that hold rows, and the files that these stand in."""
_ALL = frozenset({*KEYS, "cursor", "lock", "directories", "partial", "rotated", "kind"})


class RowSeen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of a file."""

    file: str
    line: int
    """From 1; 0 where nobody counted."""
    text: str = ""
    """As it stands there, without its end."""
    fields: Mapping[str, Any] = {}
    """Of a line that is a JSON object."""
    good: bool = True
    """Whether it is one."""

    @property
    def place(self) -> str:
        """`outbox.jsonl:12`."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def number(self, key: str) -> int | None:
        """The field, if it is a whole number."""
        value = self.fields.get(key)
        return value if type(value) is int else None

    def word(self, key: str) -> str:
        """The field, if it is text; else an empty one."""
        value = self.fields.get(key)
        return value if isinstance(value, str) else ""

    def numbers(self, key: str) -> tuple[int, ...]:
        """The whole numbers of a list."""
        value = self.fields.get(key)
        return tuple(one for one in value if type(one) is int) if isinstance(value, list) else ()

    @property
    def at(self) -> float | None:
        """Unix time of its timestamp."""
        return seconds(self.word("timestamp")) if "timestamp" in self.fields else None

    @property
    def blocks(self) -> tuple[dict[str, Any], ...]:
        """The blocks of a journal's message."""
        content = self.fields.get("content")
        return tuple(one for one in content if isinstance(one, dict)) if isinstance(content, list) else ()

    def shown(self, words: str = "") -> str:
        """One line of evidence: the place, and what stands there."""
        said = words or self.word("content") or "; ".join(_said(one) for one in self.blocks) or self.text
        return f"{self.place}: {quote(said)}"


class LockSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What `.handler.pid` says, and whether that process lives."""

    file: str = ".handler.pid"
    pid: int | None = None
    since: str = ""
    kind: str = ""
    held: bool = False

    def __str__(self) -> str:
        """Who, for a line of evidence."""
        who = "a process that does not say which" if self.pid is None else f"pid {self.pid}"
        kind, since = shorten(self.kind, 40), shorten(self.since, 40)
        return f"{who}{f' ({kind})' if kind else ''}{f' since {since}' if since else ''}"


class StateSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One chat of a state directory; or the service, with what is of all chats: the log, and the names."""

    name: str = ""
    """The chat's reference, or the directory it was read from."""
    journal: tuple[RowSeen, ...] = ()
    inbox: tuple[RowSeen, ...] = ()
    outbox: tuple[RowSeen, ...] = ()
    log: tuple[RowSeen, ...] = ()
    """Lines of a daemon's log, and of those of a recording."""
    cursor: int | None = None
    """The inbox id in `.nex-cursor`; None where there is none."""
    lock: LockSeen | None = None
    directories: Mapping[str, tuple[str, ...]] = {}
    """By the name of a chat: every directory that some program takes for it."""
    partial: frozenset[str] = frozenset()
    """The files of which only the end was read."""
    rotated: bool = False
    """Old mail was set aside: what was answered before then stands elsewhere."""
    kind: str = ""
    """What the registry says of the session: `coordinator`, `task-agent`, ..."""

    @property
    def held(self) -> bool:
        """Somebody works on it now: its last turn may be under way."""
        return self.lock is not None and self.lock.held

    @property
    def questions(self) -> tuple[RowSeen, ...]:
        """The rows of the inbox that ask."""
        return tuple(row for row in self.inbox if row.good and row.fields.get("role", "user") == "user")

    @property
    def ours(self) -> bool:
        """The mail is nexdiag's: its answers name what they settle, and its cursor follows them."""
        return any("settles" in row.fields for row in self.outbox)

    def entries(self, *kinds: str) -> Iterator[RowSeen]:
        """The entries of the journal of these types."""
        return (row for row in self.journal if row.fields.get("entry_type") in kinds)


def row(file: str, line: int, text: str | bytes) -> RowSeen:
    """Read one line. Never raises."""
    try:
        value = jsontext.read(text)
    except ValueError:
        value = None
    said = text if isinstance(text, str) else text.decode("utf-8", "replace")
    if not isinstance(value, dict):
        return RowSeen(file=file, line=line, text=said, good=False)
    return RowSeen(file=file, line=line, text=said, fields=value)


def is_short(value: object) -> bool:
    """Whether a JSON value is the short form of a state."""
    return isinstance(value, dict) and bool(value) and value.keys() <= _ALL


def of_json(value: Mapping[str, Any], name: str = "") -> StateSeen:
    """The short form. What has the wrong type is passed over."""
    rows = {key: tuple(_rows(file, value.get(key))) for key, file in KEYS.items()}
    lock, cursor, directories = value.get("lock"), value.get("cursor"), value.get("directories")
    named = directories.items() if isinstance(directories, dict) else ()
    partial = value.get("partial")
    return StateSeen(
        name=name,
        journal=rows["journal"],
        inbox=rows["inbox"],
        outbox=rows["outbox"],
        log=rows["daemon_log"],
        cursor=cursor if type(cursor) is int else None,
        lock=_lock(lock) if isinstance(lock, dict) else None,
        directories={key: tuple(map(str, found)) for key, found in named if isinstance(found, list)},
        partial=frozenset(map(str, partial)) if isinstance(partial, list) else frozenset(),
        rotated=value.get("rotated") is True,
        kind=str(value.get("kind") or ""),
    )


def _rows(file: str, value: object) -> Iterator[RowSeen]:
    for line, one in enumerate(value if isinstance(value, list) else (), 1):
        text = one if isinstance(one, str) else _written(one)
        yield RowSeen(file=file, line=line, text=text) if file == LOG else row(file, line, text)


def _lock(value: Mapping[str, Any]) -> LockSeen:
    pid, held = value.get("pid"), value.get("held") is True
    since, kind = str(value.get("since") or ""), str(value.get("kind") or "")
    return LockSeen(pid=pid if type(pid) is int else None, since=since, kind=kind, held=held)


def _said(block: Mapping[str, Any]) -> str:
    kind = block.get("type")
    if kind == "tool_use":
        return f"calls {block.get('name')} ({block.get('id')})"
    if kind == "tool_result":
        return f"result of {block.get('tool_use_id')}"
    return str(block.get("text") or block.get("thinking") or kind)


def _written(value: object) -> str:
    try:
        return jsontext.write(value).decode()
    except ValueError:
        return "null"
