"""The waterfall: when each exchange began, waited and received, one row a turn or a few turns."""

import math
from collections.abc import Sequence

from nexdiag.report.markup import Markup
from nexdiag.report.plots.scale import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Axes,
    Bar,
    drawn,
    frame,
    numbered,
)
from nexdiag.report.summary import NO_TIME, RunFacts
from nexdiag.report.turns import ExchangeFacts, TurnFacts
from nexdiag.report.wording import count, seconds

_ROWS = 130
"""Three marks a row: waiting, receiving, refused."""
_THIN = 1.0
_TALLEST = 9.0
_APART = 14.0
"""From the label of a row to the next at least."""
_SHORT = 1000
"""From this number on there is no room for more than itself."""


def waterfall(facts: RunFacts) -> Markup | None:
    """The plot, or nothing where no exchange has a time."""
    turns = [turn for turn in numbered(facts.turns) if _timed(turn)]
    if not turns or not facts.counts.duration > 0:
        return None
    step = math.ceil(len(turns) / _ROWS)
    shown = [turns[place : place + step] for place in range(0, len(turns), step)]
    bars = [mark for place, group in enumerate(shown) for mark in _row(facts, group, place, len(shown))]
    total = count(sum(len(turn.exchanges) for turn in turns), "exchange")
    joined = f"; each row is the longest exchange of up to {step} turns" if step > 1 else ""
    words = f"{total} in {seconds(facts.counts.duration)}{joined}"
    axes = Axes(most=len(turns), ends=("0", seconds(facts.counts.duration)), rows=_labels(shown))
    return frame("Waterfall", words, drawn(bars), axes)


def _labels(rows: Sequence[Sequence[TurnFacts]]) -> list[tuple[float, str]]:
    """The number of a row's first turn, beside as many rows as there is room for."""
    height = (HEIGHT - TOP - BOTTOM) / len(rows)
    apart = math.ceil(_APART / height)
    told = [(TOP + height * (place + 0.5), rows[place][0].number or 0) for place in range(0, len(rows), apart)]
    return [(y, f"turn {number}" if number < _SHORT else f"{number:,}") for y, number in told]


def _timed(turn: TurnFacts) -> list[ExchangeFacts]:
    return [seen for seen in turn.exchanges if 0 < seen.exchange.started < NO_TIME]


def _row(facts: RunFacts, turns: Sequence[TurnFacts], place: int, rows: int) -> list[Bar]:
    """The exchanges of a turn, or the longest of several turns: first turn on top."""
    seen = [one for turn in turns for one in _timed(turn)]
    if len(turns) > 1 or len(seen) * rows > _ROWS:
        seen = [max(seen, key=lambda one: _length(one.exchange.duration))]
    height = (HEIGHT - TOP - BOTTOM) / rows
    thick = min(_TALLEST, max(_THIN, height * 0.7))
    y = TOP + height * place + (height - thick) / 2
    return [mark for one in seen for mark in _bar(facts, one, y, thick)]


def _length(duration: float) -> float:
    return duration if 0 <= duration < NO_TIME else 0.0


def _bar(facts: RunFacts, seen: ExchangeFacts, y: float, thick: float) -> list[Bar]:
    """Waiting is pale, receiving is full, a refusal is marked."""
    scale = (WIDTH - LEFT - RIGHT) / facts.counts.duration
    start = LEFT + max(0.0, seen.exchange.started - facts.began) * scale
    whole = max(_length(seen.exchange.duration) * scale, 1.0)
    wait = min(whole, _length(seen.first_byte) * scale)
    bad = seen.answer.refusal is not None
    bars = [Bar(kind="wait", x=start, y=y, wide=wait, high=thick)] if wait >= _THIN else []
    rest = max(whole - wait, 1.0)
    return [*bars, Bar(kind="refused" if bad else "got", x=start + wait, y=y, wide=rest, high=thick)]
