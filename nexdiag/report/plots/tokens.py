"""Tokens: what each turn sent and got, against the context window where the recording names it."""

from collections.abc import Sequence

from nexdiag.report.markup import Markup, element
from nexdiag.report.plots.scale import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Axes,
    Bar,
    across,
    ceiling,
    drawn,
    frame,
    number,
    numbered,
    shared,
    told,
    turn_ends,
    up,
)  # fmt: skip
from nexdiag.report.summary import RunFacts
from nexdiag.report.turns import TurnFacts
from nexdiag.report.wording import tokens as worded

_NEAR = 0.2
"""Below this share of the window a line for it would only flatten the bars."""


def tokens(facts: RunFacts) -> Markup | None:
    """The plot, or nothing where no answer tells of tokens."""
    turns = numbered(facts.turns)
    most_used = max((_context(turn) for turn in turns), default=0)
    if len(turns) < 2 or not most_used:  # noqa: PLR2004 - one bar tells less than the number above it
        return None
    window = facts.run.cassette.header.window or 0
    near = bool(window) and most_used > window * _NEAR
    most = ceiling([most_used, window] if near else [most_used])
    groups = shared(turns)
    bars = [mark for place, group in enumerate(groups) for mark in _bar(group, place, len(groups), most)]
    marks = drawn(bars)
    if near:
        y = number(up(window, most))
        marks.append(element("line", x1=str(LEFT), x2=str(WIDTH - RIGHT), y1=y, y2=y, class_="limit"))
    share = f", {most_used / window:.0%} of the window of {worded(window)}" if window else ""
    words = f"at most {worded(most_used)} in one exchange{share}{told(turns)}"
    return frame(
        "Tokens and context",
        words,
        marks,
        Axes(most=most, unit=lambda value: worded(round(value)), ends=turn_ends(turns)),
    )


def _context(turn: TurnFacts) -> int:
    """The most that one exchange of a turn held: what it sent and what it got."""
    return max((seen.answer.usage.input_tokens + seen.answer.usage.output_tokens for seen in turn.exchanges), default=0)


def _bar(turns: Sequence[TurnFacts], place: int, places: int, most: float) -> list[Bar]:
    """What was sent is pale, what came back stands full on top of it."""
    peak = max(turns, key=_context)
    total = _context(peak)
    if not total:
        return []
    got = max(seen.answer.usage.output_tokens for seen in peak.exchanges)
    x, wide = across(place + 0.1, places), across(place + 0.9, places) - across(place + 0.1, places)
    split, top = up(total - got, most), up(total, most)
    sent = Bar(kind="wait", x=x, y=split, wide=wide, high=HEIGHT - BOTTOM - split)
    return [sent, Bar(kind="got", x=x, y=top, wide=wide, high=max(split - top, 0.5))]
