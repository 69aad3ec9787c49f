"""What is done to chats and sessions from outside: made, listed, released, archived, deleted. By the daemon, if it can.

Law: nobody's session is moved or deleted under him: whoever works on it is asked, or the caller is told.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nexdiag.agent.daemon import ipc, lifecycle
from nexdiag.agent.daemon.listing import Listing
from nexdiag.agent.session import durable, lock
from nexdiag.agent.session.history import History, Page
from nexdiag.agent.session.mailbox import Mailbox
from nexdiag.agent.session.overrides import Overrides, write_overrides
from nexdiag.agent.session.registry import Registry, SessionRef
from nexdiag.agent.setup import EXECUTORS, check_executor
from nexdiag.core.errors import DaemonError, UsageError

_POLL = 0.05


def release(
    state: Path,
    ref: str,
    *,
    timeout: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Ask whoever works on a session to leave it after the turn; False if nobody did.

    Raises `DaemonError` if it is still held after `timeout` seconds; the request stands.
    """
    place = Registry(state).place(ref)
    if not lock.is_held(place):
        return False
    lock.request_release(place)
    deadline = clock() + timeout
    while lock.is_held(place):
        if clock() >= deadline:
            hint = "it leaves when its turn is over; or break the turn off: nexdiag session release --now REF"
            raise DaemonError(f"the session is still held by {lock.holder(place)}", hint=hint)
        sleep(_POLL)
    return True


def stop(state: Path, ref: str) -> None:
    """Have the daemon leave a chat at once, in mid-turn too: its question stays. Nothing, if it has it not."""
    session = Registry(state).resolve(ref)
    if lifecycle.status(state) is not None:
        for number in session.chats:
            ipc.ask(state, "stop_chat", chat_id=number)


def archive(state: Path, ref: str) -> SessionRef:
    """Set a session aside. Raises `DaemonError` if a program that is not our daemon works on it."""
    registry = Registry(state)
    session = registry.resolve(ref)
    if session.archived_at is not None:
        raise UsageError(f"{ref} is archived already", hint=f"take it back with: nexdiag session restore {ref}")
    with _left(state, registry, session):
        archived = registry.archive(session.id)
        durable.remove(registry.place(session.id) / lock.NAME)  # ours: it went along
        return archived


def delete(state: Path, ref: str) -> SessionRef:
    """Delete a session and all that is in it. Raises `DaemonError` as `archive` does."""
    registry = Registry(state)
    session = registry.resolve(ref)
    with _left(state, registry, session):
        return registry.delete(session.id)


@contextlib.contextmanager
def _left(state: Path, registry: Registry, session: SessionRef) -> Iterator[None]:
    """While nobody works on it."""
    stop(state, session.id)
    place = registry.place(session.id)
    if not place.is_dir():
        yield
        return
    with lock.SessionLock(place, "adapter"):
        yield


def create(
    state: Path, name: str, *, model: str | None = None, endpoint: str | None = None, executor: str | None = None
) -> int:
    """Make a chat; its number. The daemon, if one runs, finds it when it is asked for it."""
    check_executor(executor or EXECUTORS[0])
    registry = Registry(state)
    number, session = registry.new_chat(name)
    overrides = Overrides(model=model, endpoint=endpoint, executor=executor)
    write_overrides(registry.directory(session.id), overrides)
    return number


def rotate(state: Path, number: int) -> tuple[Path, ...]:
    """Set the old mail of a chat aside; the archived files. The file locks keep it apart from whoever writes there."""
    registry = Registry(state)
    place = registry.place(f"chat-{number}")
    return Mailbox(place).rotate() if place.is_dir() else ()


def history(state: Path, number: int, limit: int) -> Page:
    """The last messages of a chat."""
    return History(Registry(state).place(f"chat-{number}")).page(limit=limit)


def chats(state: Path) -> list[dict[str, Any]]:
    """Every chat, as `list_chats` tells it: by the daemon if one runs, else from disk."""
    if lifecycle.status(state) is None:
        return Listing(state, clock=time.time).entries()
    listed: list[dict[str, Any]] = ipc.ask(state, "list_chats")["chats"]
    return listed
