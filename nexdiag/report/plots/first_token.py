"""Time to the first token: how long each turn waited for the first chunk of a streamed answer."""

import statistics
from collections.abc import Sequence

from nexdiag.report.markup import Markup
from nexdiag.report.plots.scale import (
    Axes,
    Bar,
    across,
    ceiling,
    drawn,
    frame,
    numbered,
    shared,
    told,
    turn_ends,
    up,
)
from nexdiag.report.summary import RunFacts
from nexdiag.report.turns import ExchangeFacts, TurnFacts
from nexdiag.report.wording import seconds

_ENDLESS = 1e6
_MANY = 40
_SMALL, _LARGE = 3.0, 5.0


def first_token(facts: RunFacts) -> Markup | None:
    """The plot, or nothing where fewer than two turns streamed."""
    turns = numbered(facts.turns)
    waited = [value for turn in turns if (value := _wait(turn)) is not None]
    if len(waited) < 2:  # noqa: PLR2004 - one dot tells less than a number
        return None
    most = ceiling(waited)
    groups = shared(turns)
    dots = [mark for place, group in enumerate(groups) for mark in _dot(group, place, len(groups), most)]
    words = f"half within {seconds(statistics.median(waited))}, the longest {seconds(max(waited))}{told(turns)}"
    return frame("Time to first token", words, drawn(dots), Axes(most=most, unit=seconds, ends=turn_ends(turns)))


def _wait(turn: TurnFacts) -> float | None:
    """The longest wait among the streamed answers of a turn."""
    return max((value for seen in turn.exchanges if (value := _first(seen)) is not None), default=None)


def _first(seen: ExchangeFacts) -> float | None:
    """When the first chunk came; a head that comes before it tells nothing of the model."""
    response = seen.exchange.response
    if response is None or not seen.streamed or seen.answer.refusal is not None or not len(response.chunks):
        return None
    at = response.chunks[0].at
    return at if 0 <= at < _ENDLESS else None


def _dot(turns: Sequence[TurnFacts], place: int, places: int, most: float) -> list[Bar]:
    waited = [value for turn in turns if (value := _wait(turn)) is not None]
    if not waited:
        return []
    size = _SMALL if places > _MANY else _LARGE
    x, y = across(place + 0.5, places) - size / 2, up(max(waited), most) - size / 2
    return [Bar(kind="dot", x=x, y=y, wide=size, high=size)]
