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
    ends = _ends(rows)
    for place, row in enumerate(rows):
        if _is_turn(row) and row.differences and any(_is_changed(rows[at]) for at in range(place + 1, ends[place])):
            told = [one for one in row.differences if is_news(one)]
            if told and all(one.pointer in _FOLLOWS or one.aspect == "log" for one in told):
                marked[place] = msgspec.structs.replace(row, consequence=True)
    news = [place for place, row in enumerate(marked) if not row.consequence and any(map(is_news, row.differences))]
    if not news:
        return tuple(marked), None
    first = news[0]
    end = ends[first] if _is_turn(marked[first]) else first
    within = (place for place in news if first < place < end)
    return tuple(marked), next(within, first)


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


def _ends(rows: Sequence[Row]) -> list[int]:
    """For each row, where the exchanges end that stand behind it: at the next turn."""
    ends, end = [], len(rows)
    for place in reversed(range(len(rows))):
        ends.append(end)
        if _is_turn(rows[place]):
            end = place
    return ends[::-1]
