"""Difference: one fact that differs between two recordings. No opinion."""

from typing import Any

import msgspec


class Piece(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A piece of two texts that were compared word by word; all pieces in order make either text."""

    kind: str
    """`same`, `removed` (left only), `added` (right only), or `left out` (the same in both, too long to be told)."""
    text: str


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
    aspect: str = ""
    """What it is about, in a comparison of recordings: one of `core.comparison.ASPECTS`. Empty elsewhere: a request."""
    words: tuple[Piece, ...] = ()
    """Where both are long texts: how they differ, word by word."""
    inherited: bool = False
    """An earlier place differed so already, and this one carries it on: a message that is sent again."""
    quiet: bool = False
    """Told, and of no weight by itself: the words of a model, its ids and counts in two live runs."""
