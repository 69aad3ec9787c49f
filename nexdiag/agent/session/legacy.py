"""Chat directories under a plain name (`chat/0`, `chat/chat-0`, `chat/.chat-0`): taken into the chat's own directory.

Older programs wrote there, and others looked elsewhere: the same chat in two places. Law: nothing is lost, nothing is
answered twice, and a crash at any point leaves something that this very code goes on from. What cannot be merged is
kept as it was under `archive/`.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path

from nexdiag.agent.session import durable
from nexdiag.agent.session.journal import NAME as JOURNAL
from nexdiag.agent.session.lock import SessionLock
from nexdiag.agent.session.mailbox import Mailbox

_MAIL = (".nex-cursor", "outbox.jsonl", "inbox.jsonl")
"""In this order: the inbox comes last, when all that settles its questions is there."""
_NAMED = re.compile(r"\.?(?:chat-|coordinator-)?(0|[1-9][0-9]{0,8})")
_ALONE = (JOURNAL, "session-summary.md", "overrides.json")


def legacy_names(number: int) -> tuple[str, ...]:
    """The directories that programs made for a chat beside its own."""
    return str(number), f"chat-{number}", f".chat-{number}", f"coordinator-{number}", f".coordinator-{number}"


def waiting(chat: Path, *, clock: durable.Clock) -> set[int]:
    """The chats under whose plain names questions wait."""
    found = set()
    for old in chat.iterdir() if chat.is_dir() else ():
        match = _NAMED.fullmatch(old.name)
        if match and old.is_dir() and not old.is_symlink() and Mailbox(old, clock=clock).pending():
            found.add(int(match[1]))
    return found


def merge(chat: Path, directory: Path, number: int, *, clock: durable.Clock) -> list[str]:
    """Take what stands under the plain names of a chat into its directory, which the caller holds the lock of.

    What was done, in sentences. Raises `DaemonError` where another program still works there.
    """
    told = []
    for name in legacy_names(number):
        old = chat / name
        if old.is_dir() and not old.is_symlink() and not old.samefile(directory):
            with SessionLock(old, "chat-nex", clock=clock):
                _take(old, directory, clock)
                _set_aside(old, directory, clock)
            told.append(f"chat {number} had a second directory, {old}: it was merged into {directory.name}")
    return told


def _take(old: Path, directory: Path, clock: durable.Clock) -> None:
    """Files move where there is none of that name; else the questions that still wait are asked here."""
    for name in _ALONE:
        _move_if_free(old / name, directory / name)
    if not (directory / "inbox.jsonl").exists():
        for name in _MAIL:
            _move_if_free(old / name, directory / name)
        return
    mail = Mailbox(directory, clock=clock)
    for row in Mailbox(old, clock=clock).pending():
        mail.post(row.content, row.request_id or f"{old.name}-{row.id}", user=_text(row.user))


def _move_if_free(source: Path, target: Path) -> None:
    if source.is_file() and not target.exists():
        durable.move(source, target)


def _set_aside(old: Path, directory: Path, clock: Callable[[], float]) -> None:
    archive = durable.ensure_directory(directory / "archive")
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(clock()))
    target, again = archive / f"{old.name.lstrip('.')}-{stamp}", 1
    while target.exists():
        again += 1
        target = archive / f"{old.name.lstrip('.')}-{stamp}-{again}"
    durable.move(old, target)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
