"""Every chat of a state directory, open or not, as clients read it; from disk, and read again only where it grew."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from nexdiag.agent import config
from nexdiag.agent.provider import split_model
from nexdiag.agent.session import durable
from nexdiag.agent.session.history import History
from nexdiag.agent.session.mailbox import Mailbox
from nexdiag.agent.session.overrides import read_overrides
from nexdiag.agent.session.registry import Registry, SessionRef
from nexdiag.core.errors import NexdiagError


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """What only the daemon knows of a chat."""

    running: bool = False
    paused: bool = False


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """What reads a session's files for those who look, and remembers how far it has read."""

    history: History
    mailbox: Mailbox


class Listing:
    """The chats of one state directory."""

    def __init__(self, state: Path, *, clock: durable.Clock) -> None:
        """Nothing is read yet."""
        self.state = state
        self.registry = Registry(state, clock=clock)
        self._clock = clock
        self._looks: dict[Path, Looks] = {}

    def looks(self, session: SessionRef) -> Looks:
        """The readers of a session's files."""
        place = self.registry.place(session.id)
        if place not in self._looks:
            self._looks[place] = Looks(history=History(place), mailbox=Mailbox(place, clock=self._clock))
        return self._looks[place]

    def entries(self, live: Callable[[int], Live] = lambda number: Live()) -> list[dict[str, object]]:
        """Each chat by its number: the keys of `list_chats`."""
        try:
            agent = config.read(self.state).agent
        except NexdiagError:
            agent = config.Agent()
        return [self._entry(number, session, agent, live) for number, session in self.registry.chats().items()]

    def _entry(
        self, number: int, session: SessionRef, agent: config.Agent, live: Callable[[int], Live]
    ) -> dict[str, object]:
        overrides, looks = read_overrides(self.registry.place(session.id)), self.looks(session)
        now = Live() if session.archived_at else live(number)
        return {
            "chat_id": number,
            "name": session.label or f"chat {number}",
            "executor": overrides.executor or agent.executor,
            "model": _name(overrides.model or agent.model or ""),
            "running": now.running,
            "paused": now.paused,
            "waiting": len(looks.mailbox.pending()),
            "turns": looks.history.turns(),
            "created": session.created,
            "archived": session.archived_at is not None,
            "session": session.id,
        }


def _name(model: str) -> str:
    """The model as its server knows it, without the prefix that says where it is."""
    return split_model(model)[1] if model.strip() else ""
