"""Markdown in which recorded text stands in code alone: no link, picture, mention or markup can come of it."""

import re

from nexdiag.report.visible import one_line

COMMENT = 65_536
"""Characters of a comment on GitHub: one that is longer is refused."""


def code(text: str) -> str:
    """A span of code."""
    fence = "`" * (backticks(text) + 1)
    spare = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{spare}{text}{spare}{fence}"


def cell(text: str, limit: int = 160) -> str:
    """A span of code within a table, where a bar would end the cell."""
    return code(one_line(text, limit)).replace("|", "\\|")


def plain(text: str) -> str:
    """Words of ours in which a name may stand: what Markdown would read is taken from them."""
    return re.sub(r"[\\`*_{}\[\]<>()#|~@!&]", lambda sign: f"\\{sign[0]}" if sign[0] != "@" else "@\u200b", text)


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
