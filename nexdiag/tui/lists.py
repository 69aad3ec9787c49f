"""Lists and tables of Markdown in one widget each.

Textual makes four widgets of an item and one of a cell, all of them anew for every delta, and gives the cells tooltips
that would read markup.

Law: the words are taken from the blocks that textual's parser made; nothing is parsed here.
"""

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static
from textual.widgets._markdown import (  # the public module does not name them
    MarkdownList,
    MarkdownListItem,
    MarkdownOrderedList,
    MarkdownOrderedListItem,
    MarkdownTable,
)
from textual.widgets.markdown import MarkdownBlock, MarkdownFence

from nexdiag.tui.search import places

_LOOKS = {".strong": "bold", ".em": "italic", ".s": "strike", ".code_inline": "cyan"}
_MARK = "reverse"


class Drawn(Static):
    """A block that is drawn by rich, in one widget."""

    def __init__(self, block: "DrawnBlock") -> None:
        """What to draw is asked of the block."""
        super().__init__(markup=False, classes="drawn")
        self._block = block
        self.words = ""

    def on_mount(self) -> None:
        """Draw it."""
        self.draw()

    def draw(self) -> None:
        """Draw it again."""
        self.update(self._block.drawn(self.words))

    def mark(self, words: str) -> None:
        """Mark these words from now on."""
        if words != self.words:
            self.words = words
            self.draw()


class DrawnBlock(MarkdownBlock):
    """A block of Markdown that is drawn whole, and drawn again when more of it has come."""

    def compose(self) -> ComposeResult:
        """One widget."""
        yield Drawn(self)

    @property
    def accent(self) -> str:
        """The one colour."""
        return self.app.current_theme.accent or "default"

    def drawn(self, words: str) -> RenderableType:
        """What is to be seen."""
        raise NotImplementedError

    async def _update_from_block(self, block: MarkdownBlock) -> None:
        if type(block) is not type(self):
            await super()._update_from_block(block)
            return
        self._blocks = block._blocks  # noqa: SLF001 - a block of our kind
        self._copy_context(block)
        for drawn in self.query_children(Drawn):
            drawn.draw()


class ListBlock(DrawnBlock):
    """A list, of any kind and depth."""

    def drawn(self, words: str) -> RenderableType:
        """Marks to the left, words to the right of them."""
        return _list(self, words, self.accent)


class BulletList(ListBlock, MarkdownList):
    """A list with bullets."""


class NumberedList(ListBlock, MarkdownOrderedList):
    """A list with numbers."""


class TableBlock(DrawnBlock, MarkdownTable):
    """A table."""

    def drawn(self, words: str) -> RenderableType:
        """Columns as wide as they need to be."""
        return table_of(self, words, self.accent)


def _list(block: MarkdownBlock, words: str, accent: str) -> RenderableType:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True, justify="right")
    grid.add_column(overflow="fold")
    for item in block._blocks:  # noqa: SLF001 - the tree that the parser made
        if isinstance(item, MarkdownListItem):
            mark = f"{item.bullet}." if isinstance(item, MarkdownOrderedListItem) else item.bullet.strip()
            grid.add_row(Text(f" {mark}", style=accent), Group(*_inside(item, words, accent)))
    return grid


def _inside(block: MarkdownBlock, words: str, accent: str) -> Iterator[RenderableType]:
    for child in block._blocks:  # noqa: SLF001 - the tree that the parser made
        if isinstance(child, MarkdownList):
            yield _list(child, words, accent)
        elif isinstance(child, MarkdownFence):
            yield Padding(text_of(Content(child.code), words, accent), (0, 1), style="on default")
        elif isinstance(child, MarkdownTable):
            yield table_of(child, words, accent)
        else:
            if child._content.plain:  # noqa: SLF001 - the words of a paragraph or heading
                yield text_of(child._content, words, accent)  # noqa: SLF001
            yield from _inside(child, words, accent)


def table_of(block: Any, words: str, accent: str) -> Table:  # noqa: ANN401 - a table of textual's
    """A table, without lines."""
    headers, rows = block._get_headers_and_rows()  # noqa: SLF001 - what it was parsed to
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold", expand=False)
    for header in headers:
        table.add_column(text_of(header, words, accent), overflow="fold")
    for row in rows:
        table.add_row(*(text_of(cell, words, accent) for cell in row[: len(headers)]))
    return table


def text_of(content: Content, words: str, accent: str) -> Text:
    """The same words for rich, with emphasis, code and the marked words; links are words like any other."""
    text = Text(content.plain)
    for begin, end, style in content.spans:
        look = _LOOKS.get(style, "") if isinstance(style, str) else ""
        if look:
            text.stylize(accent if style == ".code_inline" else look, begin, end)
    for begin, end in places(content.plain, words):
        text.stylize(_MARK, begin, end)
    return text
