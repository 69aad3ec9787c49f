"""Markdown in which recorded text stands in code alone: no link, picture, mention or markup can come of it."""

import re
from collections.abc import Callable, Sequence

from nexdiag.report.visible import one_line

_NOTE = 120
"""Bytes kept in each part of a page for what was left out of it."""


def code(text: str) -> str:
    """A span of code."""
    fence = "`" * (backticks(text) + 1)
    spare = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{spare}{text}{spare}{fence}"


def cell(text: str, limit: int = 160) -> str:
    """A span of code within a table, where a bar would end the cell."""
    return code(one_line(text, limit)).replace("|", "\\|")


def plain(text: str) -> str:
    """Words of ours in which a name may stand: what Markdown would read is taken from them, and so is a link."""
    told = re.sub(r"[\\`*_{}\[\]<>()#|~@!&]", lambda sign: f"\\{sign[0]}" if sign[0] != "@" else "@\u200b", text)
    return re.sub(r"(?i)(?<=://)|(?<=\bwww)(?=\.)", "\u200b", told)


def backticks(text: str) -> int:
    """The longest row of backticks in a text."""
    return max((len(row) for row in re.findall("`+", text)), default=0)


def size(text: str) -> int:
    """Bytes of it."""
    return len(text.encode("utf-8", "replace"))


def fitting(parts: list[str], room: int) -> tuple[list[str], int]:
    """Those of the first that there is room for, in bytes, and how many are left out."""
    for place, part in enumerate(parts):
        room -= size(part)
        if room < 0:
            return parts[:place], len(parts) - place
    return parts, 0


def parted(parts: Sequence[tuple[str, list[str], float]], room: int, left: Callable[[int, str], str]) -> str:
    """A page of parts, each a noun, its rows, and the share of the page that it may take; the rest goes to the last.

    Each part ends with `left(number, noun)` where rows of it had no room: what stands first is kept.
    """
    written: list[str] = []
    for noun, rows, share in parts:
        most = min(room, int(room * share)) - _NOTE
        kept, gone = fitting(rows, most)
        written += [*kept, left(gone, noun)] if gone else kept
        room -= sum(map(size, kept)) + (_NOTE if gone else 0)
    return "".join(written)
