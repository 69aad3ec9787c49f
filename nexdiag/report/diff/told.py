"""What every format tells of a comparison: its verdict, what weighs, what is folded. Pure."""

from collections.abc import Iterator

from nexdiag.core.comparison import QUIET, Comparison, Place, Row
from nexdiag.core.difference import Difference
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count, turn_title

_TITLE = 80


def weighty(row: Row) -> list[Difference]:
    """Those of weight that no earlier row brought about."""
    return [one for one in row.differences if not one.quiet and one.aspect not in QUIET and not one.inherited]


def verdict(found: Comparison) -> str:
    """The first line: whether anything of weight differs, and where first."""
    total = len(found.differences())
    if not total:
        quiet = sum(len(row.differences) for row in found.rows)
        beside = f"; {count(quiet, 'difference')} without weight" if quiet else ""
        return f"equal: nothing of weight differs{beside}"
    news = sum(len(weighty(row)) for row in found.rows if not row.consequence)
    where = "" if found.first is None else f", the first in {place_of(found.rows[found.first])}"
    follow = "" if news == total else f"; {total - news:,} more only follow"
    return f"{count(news, 'difference')}{where}{follow}"


def follows(found: Comparison) -> bool:
    """Whether anything of weight only follows from an earlier row."""
    return sum(len(weighty(row)) for row in found.rows if not row.consequence) < len(found.differences())


def place_of(row: Row) -> str:
    """`turn 2, exchange 1`; of two places that are not the same, both."""
    sides = [where(one) for one in (row.left, row.right) if one is not None]
    return " ↔ ".join(dict.fromkeys(sides)) or "the recording"


def where(place: Place) -> str:
    """One side of a row."""
    turn = turn_title(place.session, place.turn) if place.turn is not None else ""
    exchange = f"exchange {place.exchange}" if place.exchange is not None else ""
    return ", ".join(part for part in (turn, exchange) if part) or "outside of turns"


def title_of(row: Row) -> str:
    """What a reader knows a row by."""
    return one_line(row.title, _TITLE)


def pointer_of(one: Difference) -> str:
    """Where, and where on the right if that is another place."""
    there = f" ↔ {one.right_pointer}" if one.right_pointer and one.right_pointer != one.pointer else ""
    return one_line(f"{one.pointer or '(the whole)'}{there}", 200)


def missing(found: Comparison) -> Iterator[str]:
    """What was not compared."""
    yield from (one_line(text, 300) for text in found.unchecked)
