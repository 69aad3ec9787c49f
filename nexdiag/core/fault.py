"""Fault: something that a server or the way to it does wrong on purpose, laid over a recorded answer."""

import msgspec

KINDS = (
    "status", "error", "content-type", "cut", "reset", "stall", "slow", "garble", "duplicate", "drop", "no-done",
)  # fmt: skip
"""What can go wrong; docs/reference/faults-in-replay.md tells what each does."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fault, and where it strikes. A text form is read and written by `codec.fault`."""

    kind: str
    """One of `KINDS`."""
    turn: int | None = None
    """The turn that it strikes, from 1; None: each turn."""
    exchange: int = 1
    """Which model request of that turn, from 1."""
    chunk: int | None = None
    """At which chunk of the answer, from 0; negative counts from the end; None: drawn by the seed."""
    value: str = ""
    """What the kind needs: a status, a content type, seconds."""
    retry_after: float | None = None
    """Seconds that the answer asks its client to wait; for `status`."""
    times: int = 1
    """How often it strikes at its place: after that a retry gets what was recorded."""
