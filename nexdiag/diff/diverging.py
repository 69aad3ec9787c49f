"""The first divergence, and what is there only because of it. Pure."""

from collections.abc import Sequence

import msgspec

from nexdiag.core.comparison import QUIET, Row
from nexdiag.core.difference import Difference

_ASKED = frozenset({"address", "messages", "parameters", "tools"})
_FOLLOWS = ("(outcome)", "(error)", "(reply)")
"""How a turn came out: what happened in its exchanges."""


def weighs(one: Difference) -> bool:
    """Whether a difference is of weight: neither quiet nor a matter of time."""
    return not one.quiet and one.aspect not in QUIET


def is_news(one: Difference) -> bool:
    """Whether it is of weight, and nothing before it brought it about."""
    return weighs(one) and not one.inherited


def diverging(rows: Sequence[Row]) -> tuple[tuple[Row, ...], int | None]:
    """The rows, with consequences marked, and the place of the first divergence.

    Within a turn, its exchanges come first: the turn is as they were.
    """
    marked = [msgspec.structs.replace(row, consequence=row.consequence or _is_consequence(row)) for row in rows]
    for place, row in enumerate(rows):
        if _is_turn(row) and row.differences and any(_is_changed(one) for one in _within(rows, place)):
            told = [one for one in row.differences if is_news(one)]
            if told and all(one.pointer in _FOLLOWS or one.aspect == "log" for one in told):
                marked[place] = msgspec.structs.replace(row, consequence=True)
    news = [place for place, row in enumerate(marked) if not row.consequence and any(map(is_news, row.differences))]
    if not news:
        return tuple(marked), None
    first = news[0]
    inside = len(_within(rows, first)) if _is_turn(marked[first]) else 0
    within = (place for place in news if first < place <= first + inside)
    return tuple(marked), _earliest(marked, first, next(within, first))


def _earliest(rows: Sequence[Row], turn: int, exchange: int) -> int:
    """A tool that gave something else comes before the request that tells of it; all else of a turn comes after."""
    ran = any(one.pointer.startswith("(tool_runs)") for one in rows[turn].differences if is_news(one))
    asked = any(one.aspect in _ASKED for one in rows[exchange].differences if is_news(one))
    return turn if ran and asked is False and rows[exchange].carried else exchange


def _is_consequence(row: Row) -> bool:
    """Whether a request carries on what differed, and brings nothing new of its own."""
    if not any(one.inherited for one in row.differences) and not row.carried:
        return False
    return not any(is_news(one) and one.aspect in _ASKED for one in row.differences)


def _is_turn(row: Row) -> bool:
    place = row.right or row.left
    return place is not None and place.exchange is None


def _is_changed(row: Row) -> bool:
    return any(map(weighs, row.differences))


def _within(rows: Sequence[Row], turn: int) -> list[Row]:
    """The exchanges of a turn: they stand behind it."""
    found = []
    for row in rows[turn + 1 :]:
        if _is_turn(row):
            break
        found.append(row)
    return found
