"""Short quotations for summaries and evidence: recorded text may be long, and may hold what a terminal would obey."""

from nexdiag.codec.chat.error import both_ends as shortened
from nexdiag.codec.chat.error import visible

SHOWN = 80
"""Characters of a message that a line of evidence shows."""


def shorten(text: str, length: int = SHOWN) -> str:
    """The beginning of the text on one line, with control characters made visible."""
    line = " ".join(text[: length * 4].split())
    cut = len(line) > length or len(text) > length * 4
    return visible(line[: length - 1] + "…" if cut else line)


def quote(text: str, length: int = SHOWN) -> str:
    """The same in double quotes."""
    return f'"{shorten(text, length)}"'


def both_ends(text: str, length: int) -> str:
    """The text on one line in double quotes; of a long one both ends: template errors have their reason at the end."""
    return f'"{visible(shortened(" ".join(text.split()), length))}"'


def listed(names: list[str], most: int = 5) -> str:
    """The names in one line, the first few of them."""
    shown = ", ".join(shorten(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
