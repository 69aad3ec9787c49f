"""Numbers as people read them: durations, counts, sizes, times of day. Pure; every odd number has an answer."""

import math
from datetime import UTC, datetime

from nexdiag.report.visible import one_line

_THOUSAND = 1000
_MINUTE = 60
_TEN = 10
_ABSURD = 1e9


def seconds(value: float) -> str:
    """`4 ms`, `1.9 s`, `3 min 05 s`, `2 h 04 min`; `?` where the number is none, or absurd."""
    if not math.isfinite(value) or not 0 <= value < _ABSURD:
        return "?"
    if value < 1:
        return f"{value * _THOUSAND:.0f} ms"
    if value < _MINUTE:
        return f"{value:.1f} s" if value < _TEN else f"{value:.0f} s"
    minutes, rest = divmod(round(value), _MINUTE)
    if minutes >= _MINUTE:
        return f"{minutes // _MINUTE} h {minutes % _MINUTE:02d} min"
    return f"{minutes} min {rest:02d} s"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 turn`, `2 turns`, `1,204 turns`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def tokens(number: int) -> str:
    """`812`, `1.2k`, `34k`, `1.2M`."""
    if number < _THOUSAND:
        return str(number)
    thousands = number / _THOUSAND
    if thousands >= _THOUSAND:
        return f"{thousands / _THOUSAND:.1f}M"
    return f"{thousands:.1f}k" if thousands < _TEN else f"{thousands:.0f}k"


def time_of_day(at: float) -> str:
    """`12:04:31.882` in UTC; `?` for what is no time."""
    moment = _moment(at)
    return moment.strftime("%H:%M:%S.") + f"{moment.microsecond // 1000:03d}" if moment else "?"


def date(at: float) -> str:
    """`2026-11-22 12:04 UTC`; empty for zero, which means that nobody noted it."""
    moment = _moment(at) if at else None
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment else ""


def _moment(at: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(at, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def turn_title(session: str, number: int) -> str:
    """`turn 2`, or `session 3, turn 2` where the recording holds several."""
    return f"session {one_line(session, 24)}, turn {number}" if session else f"turn {number}"
