"""What all plots share: the frame, the axes, and how many turns become few marks.

Law: a mark stands for one turn, or for as many as must share it; of these the largest value is drawn, since a peak is
what a reader looks for.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TypeVar

import msgspec

from nexdiag.report.markup import Markup, element, text
from nexdiag.report.turns import TurnFacts
from nexdiag.report.wording import count

_Entry = TypeVar("_Entry")
MARKS = 400
"""At most so many of a kind in one plot."""
WIDTH, HEIGHT = 360, 132
LEFT, RIGHT, TOP, BOTTOM = 44, 6, 8, 20
_STEPS = (1, 2, 5, 10)
_LINES = 3


def shared(entries: Sequence[_Entry]) -> list[Sequence[_Entry]]:
    """The entries in at most `MARKS` stretches of nearly equal length, in order."""
    stretches = min(len(entries), MARKS)
    cuts = [len(entries) * place // stretches for place in range(stretches + 1)] if stretches else [0]
    return [entries[start:end] for start, end in pairwise(cuts)]


def told(turns: Sequence[TurnFacts]) -> str:
    """How many turns a mark stands for, where it is more than one."""
    each = math.ceil(len(turns) / MARKS)
    return f"; each mark is the highest of up to {each} turns" if each > 1 else ""


def across(place: float, places: int) -> float:
    """From the place of a mark to its x."""
    return LEFT + (WIDTH - LEFT - RIGHT) * place / max(places, 1)


def up(value: float, most: float) -> float:
    """From a value to its y."""
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(1.0, value / most if most else 0.0)


def ceiling(values: Sequence[float]) -> float:
    """The end of an axis: a round number not below any value."""
    most = max(values, default=0.0)
    if most <= 0 or not math.isfinite(most):
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in _STEPS if step * power >= most * 0.9999)


def number(value: float) -> str:
    """A coordinate, as short as it is exact enough."""
    return f"{value:.1f}".removesuffix(".0")


class Bar(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One mark: a box of a kind."""

    kind: str
    x: float
    y: float
    wide: float
    high: float


def drawn(bars: Iterable[Bar]) -> list[Markup]:
    """All bars of a kind as one path: a browser lays out a handful of elements, not a thousand."""
    paths: dict[str, list[str]] = {}
    for bar in bars:
        box = f"M{number(bar.x)} {number(bar.y)}h{bar.wide:.2f}v{number(bar.high)}h-{bar.wide:.2f}z"
        paths.setdefault(bar.kind, []).append(box)
    return [element("path", d="".join(boxes), class_=kind) for kind, boxes in paths.items()]


class Axes(msgspec.Struct, frozen=True, kw_only=True):
    """What is written at the axes of a plot."""

    most: float
    """The end of the value axis."""
    unit: Callable[[float], str] | None = None
    """How a value is written; None where the rows are no values."""
    ends: tuple[str, str]
    """The ends of the other axis."""
    rows: Sequence[tuple[float, str]] = ()
    """Where the rows are no values: what stands beside some of them, with its y."""


def frame(name: str, words: str, marks: Sequence[Markup], axes: Axes) -> Markup:
    """A plot with its name and its words above, its value axis on the left and the ends of the other axis."""
    lines = [part for place in range(_LINES) for part in _line(axes.most * place / (_LINES - 1), axes)]
    lines += [_label(LEFT - 5, y + 3.5, named, "end") for y, named in axes.rows]
    first = _label(LEFT, HEIGHT - 5, axes.ends[0], "start")
    last = _label(WIDTH - RIGHT, HEIGHT - 5, axes.ends[1], "end")
    drawing = element(
        "svg", element("title", name), element("desc", words), *lines, *marks, first, last,
        viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=f"{name}: {words}",
    )  # fmt: skip
    caption = element("figcaption", element("b", name), " ", element("span", words))
    return element("figure", caption, drawing, class_="plot")


def _line(value: float, axes: Axes) -> list[Markup]:
    y = number(up(value, axes.most))
    rule = element("line", x1=str(LEFT), x2=str(WIDTH - RIGHT), y1=y, y2=y, class_="grid")
    return [rule, _label(LEFT - 5, float(y) + 3.5, axes.unit(value), "end")] if axes.unit else [rule]


def _label(x: float, y: float, words: str, anchor: str) -> Markup:
    return element("text", text(words), x=number(x), y=number(y), text_anchor=anchor)


def numbered(turns: Sequence[TurnFacts]) -> list[TurnFacts]:
    """The turns that a plot shows: those that are turns."""
    return [turn for turn in turns if turn.number is not None]


def turn_ends(turns: Sequence[TurnFacts]) -> tuple[str, str]:
    """The ends of an axis of turns."""
    return (turns[0].title, count(len(turns), "turn")) if len(turns) > 1 else ("", turns[0].title)
