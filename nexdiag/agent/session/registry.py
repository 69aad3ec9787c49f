"""Which sessions there are, and by which names: `<state>/chat/sessions.json`, in the reference executor's format.

Law: a session's directory is the one of its key, whatever name it was asked for by. The reference fell back to
`chat/<name>` for a name it did not know; so one program wrote a question where no other looked for it.
Every change is read, made and written under one lock. What we do not understand in the file is written back as it was.
"""

import difflib
import os
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.agent.session import durable
from nexdiag.codec import jsontext
from nexdiag.codec.journal import seconds, timestamp
from nexdiag.core.errors import UsageError

KINDS = ("coordinator", "task-agent", "interactive", "other")
SHORTEST_PREFIX = 4
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"(?!\.)[^\s/\\\x00-\x1f\x7f]{1,200}")
_RECORD = re.compile(r'"([^"\\]{1,200})"\s*:\s*(\{[^{}]*\})')
"""One session in the text of a registry that is no JSON any more: its record holds no object inside."""
_CHAT = re.compile(r"chat-(0|[1-9][0-9]{0,9})")
_HIGHEST_CHAT = 2**31 - 1
_FORKED = ("conversation.jsonl", "session-summary.md", "overrides.json")
"""What a fork begins with; its mail is its own."""


class SessionRef(msgspec.Struct, frozen=True, kw_only=True):
    """A session, as the registry knows it."""

    id: str
    kind: str = "other"
    created: str = ""
    aliases: tuple[str, ...] = ()
    label: str | None = None
    forked_from: str | None = None
    archived_at: str | None = None

    @property
    def chats(self) -> tuple[int, ...]:
        """The numbers by which programs call it as a chat."""
        found = (_CHAT.fullmatch(name) for name in self.aliases)
        return tuple(number for match in found if match and (number := int(match[1])) <= _HIGHEST_CHAT)


def uuid7(milliseconds: int, noise: bytes) -> str:
    """Make the UUID, version 7, of a Unix time and ten bytes of noise; later ones sort behind earlier ones."""
    number = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(noise[:10])
    number = number & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def new_id() -> str:
    """Make a key for a session that begins now."""
    return uuid7(time.time_ns() // 1_000_000, os.urandom(10))


class Registry:
    """The sessions of one state directory."""

    def __init__(self, state: Path, *, clock: durable.Clock = time.time, make_id: Callable[[], str] = new_id) -> None:
        """Nothing is read or written yet."""
        self.state = state
        self.chat = state / "chat"
        self.told: list[str] = []
        """What had to be repaired, in sentences for the user; whoever shows them empties the list."""
        self._path = self.chat / "sessions.json"
        self._clock = clock
        self._make_id = make_id

    def sessions(self) -> tuple[SessionRef, ...]:
        """All of them, newest first."""
        return _sessions(self._read())

    def create(
        self, kind: str, aliases: Iterable[str] = (), *, label: str | None = None, forked_from: str | None = None
    ) -> SessionRef:
        """Make a session and its directory. Raises UsageError for a name that is taken, or that can be none."""
        if kind not in KINDS:
            raise UsageError(f"wanted one of the kinds {', '.join(KINDS)}; found {kind!r}")
        names = tuple(aliases)
        extra = {"label": label, "forked_from": forked_from}
        durable.ensure_directory(self.chat)
        with durable.locked(self._path):
            document = self._load()
            _check_names(document, names, None)
            return self._add_session(document, kind, names, extra)

    def chat_session(self, number: int) -> SessionRef:
        """Give chat `number`, made if there is none. All names that programs use for it lead to the one session."""
        names = _chat_names(number)
        durable.ensure_directory(self.chat)
        with durable.locked(self._path):
            document = self._load()
            holders = [session for session in _sessions(document) if set(names) & set(session.aliases)]
            holders = [session for session in holders if session.archived_at is None]
            holders.sort(key=lambda session: names[0] not in session.aliases)
            if not holders:
                return self._add_session(document, "coordinator", names, {"label": f"chat {number}"})
            chosen, *others = holders
            for other in others:
                left = [name for name in other.aliases if name not in names]
                document["sessions"][other.id]["aliases"] = left
                self.told.append(f"chat {number} had two sessions: its names now lead to {chosen.id}, not {other.id}")
            if others or not set(names) <= set(chosen.aliases):
                _add(document, chosen.id, names)
                self._store(document)
            return _resolve(document, chosen.id)

    def chats(self) -> dict[int, SessionRef]:
        """Every chat by its number, the archived ones too; of two with one number the one that is in use."""
        numbered = sorted(self.sessions(), key=lambda session: session.archived_at is None)
        return dict(sorted((number, session) for session in numbered for number in session.chats))

    def new_chat(self, label: str | None = None) -> tuple[int, SessionRef]:
        """Make a chat, with a number above all that were ever used and are still known; the number, and the session."""
        durable.ensure_directory(self.chat)
        with durable.locked(self._path):
            document = self._load()
            number = 1 + max((number for session in _sessions(document) for number in session.chats), default=-1)
            names = _chat_names(number)
            _check_names(document, names, None)
            return number, self._add_session(document, "coordinator", names, {"label": label or f"chat {number}"})

    def task_session(self, task: str) -> SessionRef:
        """Give the session of a task, made if there is none. Its key is the task; its directory is `output/<task>`.

        Raises UsageError for a task that can be no name.
        """
        durable.ensure_directory(self.chat)
        with durable.locked(self._path):
            document = self._load()
            if task in document["sessions"]:
                return _resolve(document, task)
            _check_names(document, (task, f"task-{task}"), None)
            return self._add_session(document, "task-agent", (f"task-{task}",), {"label": f"task {task}"}, key=task)

    def add_aliases(self, ref: str, *aliases: str) -> SessionRef:
        """Give a session more names. Raises UsageError for a name that is taken, or that can be none."""
        durable.ensure_directory(self.chat)
        with durable.locked(self._path):
            document = self._load()
            session = _resolve(document, ref)
            _check_names(document, aliases, session.id)
            _add(document, session.id, aliases)
            self._store(document)
            return _resolve(document, session.id)

    def archive(self, ref: str) -> SessionRef:
        """Set a session aside: its directory moves to `chat/.archive/`, where no writer looks for it."""
        durable.ensure_directory(self.chat / ".archive")
        with durable.locked(self._path):
            document = self._load()
            session = _resolve(document, ref)
            key = session.id
            if session.archived_at is None:
                document["sessions"][key]["archived_at"] = timestamp(self._clock())
                self._store(document)
                session = _resolve(document, key)
            source, target = self.chat / key, self.chat / ".archive" / key
            if source.is_dir() and not target.exists():
                durable.move(source, target)
            return session

    def restore(self, ref: str) -> SessionRef:
        """Take an archived session back; names that another session has by now stay with that one."""
        durable.ensure_directory(self.chat)
        with durable.locked(self._path):
            document = self._load()
            session = _resolve(document, ref)
            source, target = self.chat / ".archive" / session.id, self.chat / session.id
            if source.is_dir() and not target.exists():
                durable.move(source, target)
            others = [one for one in _sessions(document) if one.id != session.id and one.archived_at is None]
            taken = {name for one in others for name in (*one.aliases, one.id)}
            record = document["sessions"][session.id]
            record.pop("archived_at", None)
            record["aliases"] = [name for name in session.aliases if name not in taken]
            self._store(document)
            return _resolve(document, session.id)

    def delete(self, ref: str) -> SessionRef:
        """Forget a session, and everything that is in its directory. There is no way back."""
        durable.ensure_directory(self.chat / ".archive")
        with durable.locked(self._path):
            document = self._load()
            session = _resolve(document, ref)
            doomed = self.chat / ".archive" / f".deleted-{session.id}"
            place = self._place(session)
            if _KEY.fullmatch(session.id) and place.is_dir() and not place.is_symlink():
                durable.remove_tree(doomed)  # of a deletion that was cut short
                durable.move(place, doomed)  # at once, and where no one looks: half a session is none
            del document["sessions"][session.id]
            self._store(document)
            durable.remove_tree(doomed)
            return session

    def fork(self, ref: str, alias: str | None = None, *, chat: bool = False) -> tuple[SessionRef, int | None]:
        """A session that begins with what another one holds by now; with `chat`, as a chat, whose number is given too.

        The copy is whole before the registry names it. Raises UsageError for a name that is taken, or can be none.
        """
        durable.ensure_directory(self.chat)
        with durable.locked(self._path):
            document = self._load()
            session = _resolve(document, ref)
            key = self._make_id()
            number = 1 + max((one for other in _sessions(document) for one in other.chats), default=-1)
            names = (alias or f"fork-{key.replace('-', '')[-8:]}", *(_chat_names(number) if chat else ()))
            _check_names(document, names, None)
            source, target = self._place(session), durable.ensure_directory(self.chat / key)
            for name in _FORKED:
                content = durable.read(source / name)
                if content:
                    durable.replace(target / name, content)
            extra: dict[str, str | None] = {
                "label": f"fork of {session.label or session.id}",
                "forked_from": session.id,
            }
            kind = "coordinator" if chat else "interactive"
            return self._add_session(document, kind, names, extra, key=key), number if chat else None

    def resolve(self, ref: str) -> SessionRef:
        """Find a session by key, name, or a prefix of its key that is unique and 4 characters long or longer.

        Raises UsageError, with the nearest names, for a reference that leads to none or to several.
        """
        return _resolve(self._read(), ref)

    def find(self, pattern: str = "") -> tuple[SessionRef, ...]:
        """Sessions whose key starts with the pattern, or whose name or kind contains it in any case, newest first."""
        wanted = pattern.lower()
        return tuple(
            session
            for session in self.sessions()
            if session.id.startswith(wanted) or any(wanted in name.lower() for name in (*session.aliases, session.kind))
        )

    def directory(self, ref: str) -> Path:
        """Give the directory of a session; made if it is missing, unless the session is archived."""
        session = self.resolve(ref)
        place = self._place(session)
        return place if session.archived_at else durable.ensure_directory(place)

    def place(self, ref: str) -> Path:
        """Where the directory of a session is, or would be: for a look, which makes none."""
        return self._place(self.resolve(ref))

    def _place(self, session: SessionRef) -> Path:
        if session.kind == "task-agent" and not _KEY.fullmatch(session.id):
            return self.state / "output" / session.id
        archived = self.chat / ".archive" / session.id
        return archived if session.archived_at and archived.exists() else self.chat / session.id

    def _add_session(
        self,
        document: dict[str, Any],
        kind: str,
        names: tuple[str, ...],
        extra: dict[str, str | None],
        *,
        key: str | None = None,
    ) -> SessionRef:
        key = key or self._make_id()
        record: dict[str, Any] = {"kind": kind, "created": timestamp(self._clock()), "aliases": list(names)}
        document["sessions"][key] = record | {name: text for name, text in extra.items() if text is not None}
        durable.ensure_directory(self._place(_resolve(document, key)))
        self._store(document)
        return _resolve(document, key)

    def _read(self) -> dict[str, Any]:
        """For a look: the lock is taken only to repair the file, so that a read-only state can be read."""
        try:
            return _parsed(self._path)
        except ValueError:
            with durable.locked(self._path):
                return self._load()

    def _load(self) -> dict[str, Any]:
        """Under the lock: the registry, rebuilt if it cannot be read."""
        try:
            return _parsed(self._path)
        except ValueError as error:
            content = durable.read(self._path)
            stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock()))
            aside = self._path.with_name(f"sessions.json.corrupt-{stamp}")
            while aside.exists():
                aside = aside.with_name(f"{aside.name}-again")
            durable.replace(aside, content)
            document = self._rebuilt(content.decode("utf-8", "replace"))
            self._store(document)
            found = len(document["sessions"])
            self.told.append(
                f"{self._path} could not be read ({error}); kept as {aside.name}, {found} sessions rebuilt"
            )
            return document

    def _rebuilt(self, text: str) -> dict[str, Any]:
        """Take what the old text still tells, and every session directory that stands there."""
        sessions: dict[str, Any] = {}
        for key, record in _RECORD.findall(text):
            try:
                fields = jsontext.read(record)
            except ValueError:
                continue
            if isinstance(fields, dict) and "kind" in fields:
                sessions[key] = fields
        for folder, archived in ((self.chat, False), (self.chat / ".archive", True)):
            for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
                if _KEY.fullmatch(entry.name) and entry.is_dir() and not entry.is_symlink():
                    began = timestamp(entry.stat().st_mtime)
                    record = sessions.setdefault(entry.name, {"kind": "other", "created": began, "aliases": []})
                    if archived:
                        record.setdefault("archived_at", began)
        return {"version": 1, "sessions": sessions}

    def _store(self, document: dict[str, Any]) -> None:
        version = document.get("version")
        document["version"] = version if isinstance(version, int) and version > 1 else 1
        durable.replace(self._path, msgspec.json.format(jsontext.write(document), indent=2) + b"\n")


def _parsed(path: Path) -> dict[str, Any]:
    """Read the registry as it stands. Raises ValueError if it is none; a missing or an empty one is an empty one."""
    content = durable.read(path)
    document = jsontext.read(content) if content.strip() else {}
    if not isinstance(document, dict) or not isinstance(document.setdefault("sessions", {}), dict):
        raise ValueError("no object with `sessions`")  # noqa: TRY004 - what is no registry is one kind of error
    return document


def _sessions(document: dict[str, Any]) -> tuple[SessionRef, ...]:
    """All records that can be read as one. A key that could lead out of the state directory is none."""
    found = []
    for key, record in document["sessions"].items():
        if not _NAME.fullmatch(key) or not isinstance(record, dict):
            continue
        fields = {name: text for name, text in record.items() if isinstance(text, str)}
        names = record.get("aliases")
        aliases = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        found.append(msgspec.convert({**fields, "aliases": aliases, "id": key}, SessionRef))
    found.sort(key=lambda session: (seconds(session.created) or 0.0, session.id), reverse=True)
    return tuple(found)


def _resolve(document: dict[str, Any], ref: str) -> SessionRef:
    sessions = _sessions(document)
    bare = ref.removeprefix(".")  # a chat's task is called `.chat-0`; its session is `chat-0`
    exact = [session for session in sessions if session.id in {ref, ref.lower()}]
    named = [session for name in (ref, bare) for session in sessions if name in session.aliases]
    named.sort(key=lambda session: session.archived_at is not None)
    if exact or named:
        return (exact or named)[0]
    begun = [session for session in sessions if len(ref) >= SHORTEST_PREFIX and session.id.startswith(ref.lower())]
    if len(begun) == 1:
        return begun[0]
    if begun:
        keys = ", ".join(sorted(session.id for session in begun)[:5])
        raise UsageError(f"wanted one session; {ref!r} begins {len(begun)} of them", hint=f"give more of one of {keys}")
    names = [name for session in sessions for name in (*session.aliases, session.id)]
    near = difflib.get_close_matches(bare, names, n=3, cutoff=0.4)
    hint = f"the nearest are {', '.join(near)}" if near else "there are no sessions with such a name"
    raise UsageError(f"wanted a session; found none called {ref!r}", hint=hint)


def _check_names(document: dict[str, Any], names: Iterable[str], owner: str | None) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            wanted = "one word of at most 200 characters, without slashes and not beginning with a dot"
            raise UsageError(f"wanted a name for a session; found {name[:60]!r}", hint=f"a name is {wanted}")
        for session in _sessions(document):
            if session.id != owner and session.archived_at is None and name in (*session.aliases, session.id):
                raise UsageError(f"the name {name!r} is taken by session {session.id}", hint="choose another name")


def _chat_names(number: int) -> tuple[str, ...]:
    """All names that programs use for a chat."""
    return f"chat-{number}", f"coordinator-{number}", str(number)


def _add(document: dict[str, Any], key: str, names: Iterable[str]) -> None:
    record = document["sessions"][key]
    old = record.get("aliases")
    kept = [name for name in old if isinstance(name, str)] if isinstance(old, list) else []
    record["aliases"] = list(dict.fromkeys([*kept, *names]))
