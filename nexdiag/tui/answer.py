"""An answer on the screen: pieces of Markdown, of which the last grows.

Law: drawing what came costs what came and one piece, not the answer. A long answer keeps a window of its pieces on
the screen: its end while it grows; Enter shows what stands before.
"""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from nexdiag.report.visible import visible
from nexdiag.tui.cutter import Cutter
from nexdiag.tui.entries import Answer
from nexdiag.tui.faces import marked
from nexdiag.tui.lists import Drawn
from nexdiag.tui.markdown import Piece
from nexdiag.tui.search import places
from nexdiag.tui.status import count

WINDOW = 12
"""Pieces that are on the screen at once."""


class AnswerBlock(Vertical):
    """An answer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "earlier", "show what stands before", show=False)]
    can_focus = True

    def __init__(self, entry: Answer) -> None:
        """Nothing is drawn before it is mounted."""
        super().__init__(classes="answer")
        self.entry = entry
        self.pieces: list[list[str]] = []
        """The text of each piece, in parts, safe to look at."""
        self._cutter = Cutter()
        self._taken = 0
        self._carriage = False
        self._first = 0
        self._drawn: dict[int, Piece] = {}
        self._above = Static(markup=False, classes="above")
        self._marked: list[tuple[Static, Content]] = []

    def compose(self) -> ComposeResult:
        """What there is by now."""
        self._take()
        self._first = max(0, len(self.pieces) - WINDOW)
        yield self._above
        for at in range(self._first, len(self.pieces)):
            self._drawn[at] = Piece("".join(self.pieces[at]))
            yield self._drawn[at]
        self._tell_above()

    async def show(self) -> None:
        """More has come; what would leave the window at once is not drawn."""
        adds = self._take()
        first = max(self._first, len(self.pieces) - WINDOW)
        for at, text in adds:
            piece = self._drawn.get(at)
            if piece is not None and at >= first:
                await piece.append(text)
        await self._slide(first)

    def _take(self) -> list[tuple[int, str]]:
        """What has come since the last time, cut."""
        entry = self.entry
        text = ("\r" if self._carriage else "") + "".join(entry.pieces[self._taken :])
        self._taken = len(entry.pieces)
        self._carriage = text.endswith("\r") and not entry.done  # the other half of a line's end may come
        text = text[:-1] if self._carriage else text
        adds = self._cutter.feed(visible(text.replace("\r\n", "\n")))
        for at, part in adds:
            while len(self.pieces) <= at:
                self.pieces.append([])
            self.pieces[at].append(part)
        return adds

    async def _slide(self, first: int) -> None:
        """Draw the pieces from this one on, as many as the window holds, and no others."""
        wanted = range(first, min(first + WINDOW, len(self.pieces)))
        self._first = first
        await self.remove_children([self._drawn.pop(at) for at in list(self._drawn) if at not in wanted])
        later = min(self._drawn, default=None)
        fresh = {at: Piece("".join(self.pieces[at])) for at in wanted if at not in self._drawn}
        ahead = [piece for at, piece in fresh.items() if later is not None and at < later]
        behind = [piece for piece in fresh.values() if piece not in ahead]
        if later is not None and ahead:
            await self.mount_all(ahead, before=self._drawn[later])
        if behind:
            await self.mount_all(behind)
        self._drawn |= fresh
        self._tell_above()

    def _tell_above(self) -> None:
        hidden = sum(len(part) for piece in self.pieces[: self._first] for part in piece)
        self._above.display = hidden > 0
        if hidden:
            self._above.update(Content(f"▲ {count(hidden)} characters before: Enter shows them, y copies all"))

    async def action_earlier(self) -> None:
        """Show the pieces before those that are shown."""
        if self._first:
            await self._slide(max(0, self._first - WINDOW))

    async def reveal(self, words: str) -> None:
        """Bring the first place of the words onto the screen and mark them."""
        low = words.casefold().strip()
        found = next((at for at, piece in enumerate(self.pieces) if low in "".join(piece).casefold()), None)
        if found is not None and found not in self._drawn:
            await self._slide(max(0, found - 1))
        self.mark(words)

    def mark(self, words: str) -> None:
        """Mark the words; for an empty text, nothing any more."""
        for block, plain in self._marked:
            block.update(plain)
        self._marked = []
        for drawn in self.query(Drawn):
            drawn.mark(words)
        for block in self.query(Static) if words else ():
            content = block.visual
            if isinstance(content, Content) and places(content.plain, words):
                self._marked.append((block, content))
                block.update(marked(content, words))

    def copied(self) -> str:
        """All of it, as it came."""
        return self.entry.text
