"""Difference: one fact that differs between two recordings. No opinion."""

from typing import Any

import msgspec


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place where left and right differ."""

    pointer: str
    """JSON pointer, the same on both sides unless `right_pointer` says otherwise."""
    left: Any = None
    right: Any = None
    kind: str = "changed"
    """`changed`, `added` (right only) or `removed` (left only)."""
    right_pointer: str | None = None
    turn: int | None = None
    session: str = ""
