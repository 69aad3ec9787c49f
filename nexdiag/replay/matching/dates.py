"""Dates and times in texts that are somebody's own now: found, and judged by the day they are of. Pure.

A date counts as now within a day of it: clocks stand in other zones, and a chat may go on past midnight. A date far
from it is never found here: it means what it says. A weekday, and a time of day, belong to the date beside them.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import lru_cache

DAY = 86400
_EPOCH = dt.date(1970, 1, 1).toordinal()
_LAST = dt.date.max.toordinal() - _EPOCH
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UNITS = {10: 1, 13: 10**3, 16: 10**6, 19: 10**9}
"""Digits of a unix time of our days in seconds, milliseconds, microseconds, nanoseconds: how many make a second."""

_MONTH = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    "|Nov(?:ember)?|Dec(?:ember)?)"
)
_WEEKDAY = "(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?:day)?"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:\s?[AaPp]\.?[Mm]\b)?"
_ZONE = (
    r"(?:\s?(?:Z|UTC|MSK|[A-Z]{1,4}T)\b)?(?:\s?[+-]\d{2}:?\d{2}\b)?"
    r"(?:\s\((?:[A-Z][A-Za-z ]{0,40}Time|[A-Z]\w{1,20}/\w{1,20}|[A-Z]{2,5})\))?"
)
_SPELLINGS = (
    r"(?P<y1>\d{4})(?P<s1>[-/.])(?P<m1>\d{1,2})(?P=s1)(?P<d1>\d{1,2})",
    r"(?P<y2>\d{4})(?P<m2>\d{2})(?P<d2>\d{2})(?:[T_-]?\d{6}Z?)?",
    r"(?P<y3>\d{4})年(?P<m3>\d{1,2})月(?P<d3>\d{1,2})日",
    r"(?P<a4>\d{1,2})(?P<s4>[-/.])(?P<b4>\d{1,2})(?P=s4)(?P<y4>\d{4})",
    rf"(?P<m5>{_MONTH})\.? (?P<d5> ?\d{{1,2}})(?:st|nd|rd|th)?,? (?:{_TIME}{_ZONE} )?(?P<y5>\d{{4}})",
    rf"(?P<d6>\d{{1,2}})(?:st|nd|rd|th)?\.?[ -](?:of )?(?P<m6>{_MONTH})\.?,?[ -](?P<y6>\d{{4}})",
    r"(?P<unix>\d{10}(?:\.\d{1,9})?|\d{13}|\d{16}|\d{19})",
)
_DATE = re.compile(
    rf"(?<![\w.-])(?:{_TIME}{_ZONE},?\s(?:on\s)?)?(?:{_WEEKDAY},?\s)?(?:{'|'.join(_SPELLINGS)})"
    rf"(?:(?:T|\s|,\s|\sat\s){_TIME}{_ZONE})?(?:,?\s\(?{_WEEKDAY}\b\)?)?(?!\w|-\w|\.\d)"
)
_CLOCK = re.compile(rf"(?i:\b(?:current|local)\s+time(?:\s+is)?\s*[:=]?\s*)(?P<time>{_TIME}{_ZONE})(?![\w:])")
"""A time of day that calls itself the current one."""
_MARKS = "[Cc]urrent [Tt]ime|[Ll]ocal [Tt]ime"

Replace = Callable[[str, bool], str]
"""Gives what stands for a date, told it and whether it is now; where it is not, it was known."""


def day_of(unix: float | None) -> int | None:
    """The day, counted from 1970, of a unix time; None for what is none."""
    try:
        day = int(unix // DAY) if unix is not None else None
    except (ValueError, OverflowError, TypeError):
        return None
    return day if day is not None and -_EPOCH < day < _LAST else None


class Now:
    """The days that are now, with their neighbours; and dates that are known to have been somebody else's now."""

    def __init__(
        self, days: Iterable[int], *, other: Iterable[int] = (), known: AbstractSet[str] = frozenset()
    ) -> None:
        """Now is any of these days; `known` are texts of dates, all of them within a day of the `other` days."""
        self._near = _about(days)
        self._known = known
        self._hint = re.compile("|".join([_MARKS, *_tokens(self._near | _about(other))]))

    def replace(self, text: str, taken: Replace) -> str:
        """The text with each date that is now, or is known, replaced by what `taken` gives for it."""
        if self._hint.search(text) is None:
            return text

        def one(found: re.Match[str]) -> str:
            own = self._is_now(found)
            return taken(found[0], own) if own or found[0] in self._known else found[0]

        def clock(found: re.Match[str]) -> str:
            return found[0][: found.start("time") - found.start()] + taken(found["time"], True)

        return _CLOCK.sub(clock, _DATE.sub(one, text))

    def knows(self, text: str) -> bool:
        """Whether a text is a date that is known."""
        return text in self._known

    def holds(self, number: float) -> bool:
        """Whether a number is a unix time, in whatever unit, that is now."""
        size = len(str(int(number))) if abs(number) < 10**19 else 0  # infinity and no number at all are not less
        return size in _UNITS and day_of(number / _UNITS[size]) in self._near

    def _is_now(self, found: re.Match[str]) -> bool:
        return any(day in self._near for day in _days(found))


def _about(days: Iterable[int]) -> frozenset[int]:
    return frozenset(near for day in days for near in (day - 1, day, day + 1))


def _days(found: re.Match[str]) -> Iterable[int]:
    """What day it may be: 3/4/2026 may be one of two."""
    if found["unix"]:
        whole = found["unix"].partition(".")[0]
        day = day_of(float(found["unix"]) / _UNITS[len(whole)])
        return [] if day is None else [day]
    if found["y4"]:
        pairs = [(found["a4"], found["b4"]), (found["b4"], found["a4"])]
        return [day for month, of in pairs for day in _day(found["y4"], month, of)]
    which = next(which for which in "12356" if found[f"y{which}"])
    month = found[f"m{which}"]
    number = month if month.isdecimal() else str(_MONTHS.index(month[:3].lower()) + 1)
    return _day(found[f"y{which}"], number, found[f"d{which}"])


@lru_cache(1000)
def _day(year: str, month: str, day: str) -> tuple[int, ...]:
    try:
        return (dt.date(int(year), int(month), int(day)).toordinal() - _EPOCH,)
    except ValueError:
        return ()


def _tokens(days: Iterable[int]) -> list[str]:
    """Of which one stands in every text that holds one of these days: years, and how unix times of them begin."""
    tokens: set[str] = set()
    for day in days:
        ordinal = day + _EPOCH
        if 0 < ordinal <= dt.date.max.toordinal():
            tokens.add(f"{dt.date.fromordinal(ordinal).year:04}")
        tokens |= {str(at)[:5] for at in (day * DAY, (day + 1) * DAY - 1) if at >= 10**9}
    return sorted(tokens)
