"""A conversation on disk, opened to work on it: its directory, lock and mailbox, and what its journal comes to."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from nexdiag.agent.session import durable, legacy
from nexdiag.agent.session.journal import NAME as JOURNAL
from nexdiag.agent.session.journal import Journal, read_entries
from nexdiag.agent.session.lock import SessionLock
from nexdiag.agent.session.mailbox import Mailbox
from nexdiag.agent.session.overrides import Overrides, read_overrides
from nexdiag.agent.session.registry import Registry, SessionRef
from nexdiag.agent.session.resume import Restored, restore
from nexdiag.codec.chat import ToolSpec
from nexdiag.codec.journal import timestamp
from nexdiag.core.message import Message


class Conversation:
    """A conversation that this process holds the lock of."""

    def __init__(self, directory: Path, *, clock: durable.Clock, told: Sequence[str] = ()) -> None:
        """Read what is there."""
        self.directory = directory
        self.mailbox = Mailbox(directory, clock=clock)
        self._clock = clock
        self.journal, self._restored = self._read()
        self.told: tuple[str, ...] = (*told, *self._restored.repairs)
        """What was repaired, in sentences."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation so far, without the system prompt."""
        return self._restored.messages

    @property
    def system(self) -> str | None:
        """The system prompt that it began with: it stays, so that the server's prompt cache does."""
        return self._restored.system_prompt

    @property
    def overrides(self) -> Overrides:
        """What this conversation has of its own instead of the config's, as it stands now."""
        return read_overrides(self.directory)

    @property
    def turns(self) -> int:
        """How many turns were played, a turn that was cut short not counted: it is taken up again."""
        waiting = {row.request_id for row in self.mailbox.pending()}
        return self._restored.turns - (self._restored.unanswered in waiting - {None})

    def begin(self, *, model: str, provider: str, system: str, tools: Sequence[ToolSpec]) -> None:
        """An executor begins to work on it: what the journal holds by now is read, and a new life noted in it."""
        self.journal, self._restored = self._read()
        definitions = [
            {"name": spec.name, "description": spec.description, "input_schema": spec.parameters} for spec in tools
        ]
        self.journal.init(model=model, provider=provider, system_prompt=system, tools=definitions)

    def open_question(self, request_id: str | None) -> bool:
        """Whether the conversation ends with this question, said in an earlier life and not answered."""
        return request_id is not None and request_id == self._restored.unanswered

    def given_answer(self, request_id: str | None) -> str | None:
        """The answer that the journal holds for this question; a crash may have kept it from the outbox."""
        return None if request_id is None else self._restored.answered.get(request_id)

    def _read(self) -> tuple[Journal, Restored]:
        journal = Journal.open(self.directory, clock=self._clock)
        return journal, restore(journal.entries)


@contextlib.contextmanager
def open_chat(state: Path, number: int, *, clock: durable.Clock) -> Iterator[Conversation]:
    """Chat `number` of a state directory, made if there is none. Raises `DaemonError` if another process holds it."""
    registry = Registry(state, clock=clock)
    session = registry.chat_session(number)
    with _held(registry, session, "chat-nex", clock, numbers=(number,)) as conversation:
        yield conversation


def waiting_chats(state: Path, *, clock: durable.Clock) -> list[int]:
    """The chats in whose mailboxes questions wait for an answer; in one under a plain name too."""
    registry = Registry(state, clock=clock)
    numbers = set()
    for session in registry.sessions():
        if session.chats and session.archived_at is None and Mailbox(registry.place(session.id), clock=clock).pending():
            numbers |= set(session.chats)
    archived = {number for number, session in registry.chats().items() if session.archived_at is not None}
    return sorted(numbers | (legacy.waiting(registry.chat, clock=clock) - archived))


@contextlib.contextmanager
def open_session(state: Path, ref: str | None, *, clock: durable.Clock) -> Iterator[Conversation]:
    """The session of that key, alias or prefix; a new one for None. Raises `UsageError` for a name that is none."""
    registry = Registry(state, clock=clock)
    if ref is None:
        alias = "session-" + timestamp(clock()).translate(str.maketrans("", "", "-:."))
        session = registry.create("interactive", [alias], label=f"interactive {alias}")
    else:
        session = registry.resolve(ref)
    with _held(registry, session, "interactive-nex", clock, numbers=session.chats) as conversation:
        yield conversation


@contextlib.contextmanager
def open_task(state: Path, task: str, *, resume: bool, clock: durable.Clock) -> Iterator[Conversation]:
    """The session of a task, in `output/<task>`; `chat/task-<task>` leads there too, as in the reference's layout.

    Without `resume` it begins anew: its old journal is kept in `archive/`. Raises `UsageError` for a task that can be
    no name.
    """
    registry = Registry(state, clock=clock)
    session = registry.task_session(task)
    link = registry.chat / f"task-{task}"
    with contextlib.suppress(FileExistsError):
        link.symlink_to(Path("..") / "output" / task)
    journal = registry.directory(session.id) / JOURNAL
    with SessionLock(journal.parent, "autonomous-nex", clock=clock) as lock:
        if not resume and journal.exists():
            durable.ensure_directory(journal.parent / "archive")
            stamp = timestamp(clock()).translate(str.maketrans("", "", "-:."))
            durable.move(journal, journal.parent / "archive" / f"conversation-{stamp}.jsonl")
        told = [*registry.told, *([lock.told] if lock.told else [])]
        yield Conversation(journal.parent, clock=clock, told=told)


@contextlib.contextmanager
def _held(
    registry: Registry, session: SessionRef, kind: str, clock: durable.Clock, *, numbers: Sequence[int] = ()
) -> Iterator[Conversation]:
    directory = registry.directory(session.id)
    with SessionLock(directory, kind, clock=clock) as lock:
        told = [*registry.told, *([lock.told] if lock.told else [])]
        for number in numbers:
            told += legacy.merge(registry.chat, directory, number, clock=clock)
        yield Conversation(directory, clock=clock, told=told)


def read_messages(state: Path, number: int) -> tuple[Message, ...]:
    """The messages of a chat as its journal holds them, read-only: nothing is made that is missing."""
    place = Registry(state).place(f"chat-{number}")
    return restore(read_entries(place / JOURNAL)).messages
