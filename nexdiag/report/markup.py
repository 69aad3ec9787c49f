"""HTML made of elements: text cannot become markup, because only `element` makes `Markup` and it escapes the rest.

Law: every text that is no Markup is made visible, then escaped. There is no way to pass raw text through but `trusted`,
which is for the page's own assets.
"""

import html

from nexdiag.report.visible import visible


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: str) -> Markup:
    """Recorded or worded text, as HTML shows it."""
    return Markup(html.escape(visible(value), quote=True))


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


def joined(*parts: Markup) -> Markup:
    """Markup one after the other."""
    return Markup("".join(parts))
