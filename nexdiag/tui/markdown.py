"""Markdown as textual draws it, made safe for the text of a model that may be anything.

Law: what is written is shown. HTML is text, a link opens nothing, a line break is one; what would take too many
widgets to draw is shown as plain text. Textual's parser is used through its public hooks: the factory and the blocks.
"""

from collections.abc import Sequence
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.token import Token
from textual.content import Content
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownBlock, MarkdownFence

from nexdiag.tui.lists import BulletList, NumberedList, TableBlock

_MOST_BLOCKS, _MOST_INSIDE = 60, 400
"""In one piece, at the top and in all: it has at most eighty lines, and nobody means so many blocks by so few."""
_LONGEST_CODE_LINE = 500
_BLOCKS = ("fence", "code_block", "hr", "inline")


class CarefulParser:
    """CommonMark with tables and strikethrough, and without HTML and automatic links."""

    def __init__(self) -> None:
        """One parser can be used again and again."""
        self._parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])

    def parse(self, text: str) -> Sequence[Token]:
        """The tokens; one block of plain text where there would be too many."""
        try:
            tokens = self._parser.parse(text)
        except (RecursionError, ValueError, IndexError):
            return [_plain(text)]
        top = sum(token.level == 0 and token.nesting >= 0 for token in tokens)
        if top > _MOST_BLOCKS or sum(token.type in _BLOCKS for token in tokens) > _MOST_INSIDE:
            return [_plain(text)]
        for token in tokens:
            for child in token.children or ():
                if child.type == "softbreak":
                    child.type = "hardbreak"
        return tokens


_parser = CarefulParser()


def _plain(text: str) -> Token:
    return Token("code_block", "code", 0, map=[0, len(text.splitlines())], content=text)


class Fence(MarkdownFence):
    """A block of code: coloured where its language is named and known, plain else; a language is never guessed."""

    @classmethod
    def highlight(cls, code: str, language: str, ansi: bool = False, dark: bool = False) -> Content:
        """The code; what would keep a colouring lexer busy for long stays plain."""
        named = language.split(maxsplit=1)[0] if language.split() else ""
        if not named or any(len(line) > _LONGEST_CODE_LINE for line in code.split("\n")):
            return Content(code)
        return super().highlight(code, named, ansi, dark)


class Piece(Markdown):
    """A piece of an answer."""

    BLOCKS: dict[str, type[MarkdownBlock]] = {  # noqa: RUF012 - textual declares it so
        **Markdown.BLOCKS,
        "fence": Fence,
        "code_block": Fence,
        "table_open": TableBlock,
        "bullet_list_open": BulletList,
        "ordered_list_open": NumberedList,
    }

    def __init__(self, text: str) -> None:
        """`text` has no control characters any more."""
        super().__init__(text, parser_factory=lambda: cast("Any", _parser), open_links=False)
