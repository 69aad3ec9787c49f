"""Turns for a recording that has none: of another tool, or of a client that nobody wrapped. Pure."""

from collections.abc import Sequence

import msgspec

from nexdiag.capture.grouping.answers import heard
from nexdiag.capture.grouping.places import Grouping, Place
from nexdiag.capture.grouping.turns import Book
from nexdiag.core.exchange import Exchange
from nexdiag.core.turn import Turn


def group(exchanges: Sequence[Exchange]) -> tuple[tuple[Exchange, ...], tuple[Turn, ...]]:
    """The exchanges with their sessions, turns and attempts, in the order given; and the turns, by when they began.

    An exchange that has a turn already keeps it, and no turn is made of it. Which was answered before which request
    went out is told by the times; where there are none, each was answered before the next.
    """
    grouping, book = Grouping(), Book()
    places: dict[int, Place] = {}
    opened: dict[tuple[str, int], Turn] = {}
    for _, place, ends in sorted(_moments(exchanges)):
        exchange = exchanges[place]
        told = msgspec.structs.replace(exchange, id=place)  # numbers of another tool may repeat
        if not ends:
            where = places[place] = grouping.asked(place, exchange.request)
            _put(opened, book.asked(place, where, exchange.started))
            continue
        answer = heard(told)
        grouping.answered(place, answer)
        for turn in book.ended(told, answer):
            _put(opened, turn)
    for turn in book.close():
        _put(opened, turn)
    placed = tuple(_placed(exchange, places.get(number)) for number, exchange in enumerate(exchanges))
    own: dict[tuple[str, int], list[Exchange]] = {}
    for number, where in places.items():
        if where.turn is not None:
            own.setdefault((where.session, where.turn), []).append(placed[number])
    turns = (msgspec.structs.replace(turn, exchanges=tuple(own.get(name, ()))) for name, turn in opened.items())
    return placed, tuple(sorted(turns, key=lambda turn: turn.started))


def _moments(exchanges: Sequence[Exchange]) -> list[tuple[float, int, bool]]:
    """When each went out and was answered, with its place. At one moment, the earlier one is answered first."""
    own = [(place, exchange) for place, exchange in enumerate(exchanges) if exchange.turn is None]
    out = [(exchange.started, place, False) for place, exchange in own]
    return out + [(exchange.started + max(0.0, exchange.duration), place, True) for place, exchange in own]


def _put(turns: dict[tuple[str, int], Turn], turn: Turn | None) -> None:
    if turn is not None:
        turns[turn.session, turn.number] = turn


def _placed(exchange: Exchange, place: Place | None) -> Exchange:
    if place is None or place.turn is None:
        return exchange
    return msgspec.structs.replace(exchange, turn=place.turn, attempt=place.attempt, session=place.session)
