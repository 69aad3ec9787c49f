"""An executor's state directory as the rules see it: journals, inboxes, outboxes, locks, logs; read, never touched."""

import msgspec


class StateSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One chat of a state directory."""

    name: str
    """The chat's reference, or the file it was read from."""
