"""What the UI remembers between two lives: `tui.json` in the state directory.

Law: it is a convenience. A file that cannot be read is an empty one; one that cannot be written is told, not raised.
"""

import contextlib
from pathlib import Path

import msgspec

from nexdiag.agent.session import durable
from nexdiag.core.errors import NexdiagError

NAME = "tui.json"
_LONGEST = 4 * 1024**2


class Memory(msgspec.Struct, kw_only=True):
    """What is remembered."""

    chat: int | None = None
    """The chat that was shown."""
    drafts: dict[int, str] = msgspec.field(default_factory=dict)
    """What was typed and not sent, for each chat."""
    said: list[str] = msgspec.field(default_factory=list)
    """What was said, oldest first."""
    seen: dict[int, int] = msgspec.field(default_factory=dict)
    """How many turns of each chat the user has seen."""


def load(state: Path) -> Memory:
    """What was remembered; nothing if there is none, or it cannot be read."""
    with contextlib.suppress(OSError, NexdiagError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        path = state / NAME
        if path.stat().st_size <= _LONGEST:
            return msgspec.json.decode(path.read_bytes(), type=Memory)
    return Memory()


def save(state: Path, memory: Memory) -> str | None:
    """Remember it. Returns why it could not be written, if so."""
    try:
        durable.replace(state / NAME, msgspec.json.encode(memory))
    except (OSError, NexdiagError, UnicodeEncodeError) as error:
        return f"what you typed could not be kept in {state / NAME}: {error}"
    return None
