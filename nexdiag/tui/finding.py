"""The search in a chat: goes from place to place, and loads older messages where no place is left."""

from collections.abc import Awaitable, Callable

from nexdiag.tui.search import Hit, find
from nexdiag.tui.view import Conversation

_FARTHEST = 15
"""Pages that one search loads at most: then the user is told, and can go on."""


class Finder:
    """One search."""

    def __init__(self, view: Conversation, load: Callable[[], Awaitable[bool]]) -> None:
        """`load` loads a page of older messages; it says whether there was one."""
        self._view = view
        self._load = load
        self._words = ""
        self._at: Hit | None = None

    async def go(self, words: str, direction: int) -> str:
        """To the next place: -1 for an older one, 1 for a newer, 0 for the newest. What is to be told of it."""
        if words != self._words or direction == 0:
            self.leave()
            self._words = words
        if not words.strip():
            return ""
        hits = self._hits()
        at = self._next(hits, direction)
        pages = 0
        while at is None and direction < 0 and pages < _FARTHEST and await self._load():
            pages += 1
            hits = self._hits()
            at = self._next(hits, direction)
        if at is None:
            return self._none_left(hits, direction)
        await self._show(hits[at])
        return f"{at + 1} of {len(hits)}{'+' if self._view.first else ''}"

    def leave(self) -> None:
        """Nothing is marked any more."""
        if self._at is not None:
            self._view.unmark(self._at)
        self._at, self._words = None, ""

    def _hits(self) -> list[Hit]:
        return find(self._view.transcript.entries.values(), self._words)

    def _next(self, hits: list[Hit], direction: int) -> int | None:
        if self._at not in hits:
            return len(hits) - 1 if hits else None
        at = hits.index(self._at) + direction
        return at if 0 <= at < len(hits) else None

    async def _show(self, hit: Hit) -> None:
        if self._at is not None:
            self._view.unmark(self._at)
        self._at = hit
        await self._view.reveal(hit, self._words)

    def _none_left(self, hits: list[Hit], direction: int) -> str:
        if direction > 0 and hits:
            return "the newest"
        if self._view.first:
            return "none so far: Enter looks further back" if not hits else "Enter looks further back"
        return "the oldest" if hits else "not found"
