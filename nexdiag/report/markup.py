"""HTML made of elements: text cannot become markup, because only `element` makes `Markup` and it escapes the rest.

Law: every text that is no Markup is made visible, then escaped. There is no way to pass raw text through but `trusted`,
which is for the page's own assets.
"""

import html
import re

from nexdiag.report.visible import visible

_POINTING = re.compile(r"^([^\n]*\n[ \t]*[\^~]+[ \t]*)(?:\n|\Z)", re.MULTILINE)
"""Two lines of which the second points at the first, and the end of the line after them."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: str) -> Markup:
    """Recorded or worded text, as HTML shows it. It never begins a line of the file: a CI reads its log by lines."""
    return Markup(html.escape(visible(value), quote=True).replace("\n", "&#10;"))


def trusted(value: str) -> Markup:
    """The page's own assets, and nothing that was recorded."""
    return Markup(value)


def element(name: str, *children: str | None, **attributes: str | bool | None) -> Markup:
    """An element; `class_` is `class`, `aria_label` is `aria-label`; None children and attributes are left out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items() if value not in (None, False))
    inside = "".join(child if isinstance(child, Markup) else text(child) for child in children if child is not None)
    return Markup(f"<{name}{written}>{inside}</{name}>")


def _attribute(key: str, value: str | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'


def quoted(words: str) -> Markup:
    """A server's words. A line that points at the one above it, as `^` does under a template, stays below its place."""
    pieces: list[Markup] = []
    for place, piece in enumerate(_POINTING.split(words)):
        pointing = place % 2 == 1
        pieces.append(element("code", piece, class_="as-it-stands", tabindex="0") if pointing else text(piece))
    return element("blockquote", *pieces)


def joined(*parts: Markup) -> Markup:
    """Markup one after the other."""
    return Markup("".join(parts))
