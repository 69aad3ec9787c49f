"""Dates and times in texts that are somebody's own now: found, and judged by the day they are of. Pure.

A date counts as now within a day of what its sender calls today, and its mark keeps how many days lie between: the
day after is not the day before. A date far from it is never found here: it means what it says. A weekday belongs to
the date beside it; a time of day only where it is the sender's clock: it says so, or is near the time of sending.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

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
    r"(?P<y2>\d{4})(?P<m2>\d{2})(?P<d2>\d{2})(?P<t4>[T_-]?\d{6}Z?)?",
    r"(?P<y3>\d{4})年(?P<m3>\d{1,2})月(?P<d3>\d{1,2})日",
    r"(?P<a4>\d{1,2})(?P<s4>[-/.])(?P<b4>\d{1,2})(?P=s4)(?P<y4>\d{4})",
    rf"(?P<m5>{_MONTH})\.? (?P<d5> ?\d{{1,2}})(?:st|nd|rd|th)?,? (?:(?P<t2>{_TIME}{_ZONE}) )?(?P<y5>\d{{4}})",
    rf"(?P<d6>\d{{1,2}})(?:st|nd|rd|th)?\.?[ -](?:of )?(?P<m6>{_MONTH})\.?,?[ -](?P<y6>\d{{4}})",
    r"(?P<unix>\d{10}(?:\.\d{1,9})?|\d{13}|\d{16}|\d{19})",
)
_DATE = re.compile(
    rf"(?<![\w.-])(?:(?P<t1>{_TIME}{_ZONE}),?\s(?:on\s)?)?(?:{_WEEKDAY},?\s)?(?:{'|'.join(_SPELLINGS)})"
    rf"(?:(?:T|\s|,\s|\sat\s)(?P<t3>{_TIME}{_ZONE}))?(?:,?\s\(?{_WEEKDAY}\b\)?)?(?!\w|-\w|\.\d)"
)
_CLOCK = re.compile(rf"(?i:\b(?:current|local)\s+time(?:\s+is)?\s*[:=]?\s*)(?P<time>{_TIME}{_ZONE})(?![\w:])")
"""A time of day that calls itself the current one."""
_MARKS = "[Cc]urrent [Tt]ime|[Ll]ocal [Tt]ime"

_LABEL = re.compile(
    r"(?i:\btoday(?:['’]s date)?"
    r"|\b(?:current|local|present)[ _-]?(?:date|time|day)[\w ]{0,12}|(?<![\w -])date|\bnow)"
    r"[\"'*_`\\]{0,4}(?:\s{0,2}[:=>]|\s(?:is|it is)(?:\snow)?\b:?)[\"'*_` \\]{0,4}(?:it is |at )?"
)
"""What calls the date, or the time, behind it today's."""
_NAMED = re.compile(
    r"(?:(?i:(?:\b|_)(?:at|time|timestamp|date|datetime|unix|epoch|ms|ts|now|created|updated|started))"
    r"|[a-z](?:At|Time|Timestamp|Date|Ms|Unix|Epoch|Now))\Z"
)
"""A name that says that a number is a time."""
_TOLD = re.compile(r"[\"'\\]{0,3}(?:\s?(?:is|[:=]))?[\"'\\ ]{0,4}\Z")
_BACK = 64
"""Characters before a date in which its label stands."""
_CLOCKED = re.compile(
    r"[T_-]?(?P<h>\d{1,2}):?(?P<m>\d{2})(?::?(?P<s>\d{2}))?(?:[.,]\d+)?"
    r"\s?(?P<half>[AaPp])?\.?[Mm]?\.?(?P<zone>.*)\Z"
)
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<h>\d{2}):?(?P<m>\d{2})")
NEAR = 900.0
"""Seconds that a clock may be from the time of sending: clocks differ, and a loop reads its own before it asks."""
MARK = "⟦date{}⟧"

Replace = Callable[[str, bool, str], str]
"""Gives what stands for a date, told it, whether it is now (where not, it was known), and its mark."""


def quarter_of(unix: float | None) -> int | None:
    """The quarter of an hour, counted from 1970, of a unix time; None for what is none."""
    return None if day_of(unix) is None or unix is None else int(unix // NEAR)


def day_of(unix: float | None) -> int | None:
    """The day, counted from 1970, of a unix time; None for what is none."""
    try:
        day = int(unix // DAY) if unix is not None else None
    except (ValueError, OverflowError, TypeError):
        return None
    return day if day is not None and -_EPOCH < day < _LAST else None


class Now:
    """What a sender calls today, and the days beside it; and dates that are known to have been somebody else's now."""

    def __init__(
        self,
        day: int | None,
        *,
        span: tuple[float, float] | None = None,
        other: Iterable[int] = (),
        known: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Today is this day, and clocks stand within `span`, in unix seconds.

        `known` are texts of dates, all of them within a day of the `other` days, with their marks.
        """
        self._day = day
        self._span = span
        self._known = known
        near = _about([] if day is None else [day])
        self._hint = re.compile("|".join([_MARKS, *_tokens(near | _about(other))]))

    def replace(self, text: str, taken: Replace) -> str:
        """The text with each date that is now, or is known, replaced by what `taken` gives for it."""
        if self._hint.search(text) is None:
            return text

        def one(found: re.Match[str]) -> str:
            mark = self._marked(found)
            if mark is not None:
                return taken(found[0], True, mark)
            return taken(found[0], False, self._known[found[0]]) if found[0] in self._known else found[0]

        def clock(found: re.Match[str]) -> str:
            return found[0][: found.start("time") - found.start()] + taken(found["time"], True, MARK.format(""))

        return _CLOCK.sub(clock, _DATE.sub(one, text))

    def known(self, text: str) -> str | None:
        """The mark of a text that is a date that is known."""
        return self._known.get(text)

    def holds(self, number: float, name: str) -> bool:
        """Whether a number in a field of that name is a unix time, in whatever unit, that is now."""
        size = len(str(int(number))) if abs(number) < 10**19 else 0  # infinity and no number at all are not less
        return size in _UNITS and _NAMED.search(name) is not None and self._near(number / _UNITS[size])

    def _marked(self, found: re.Match[str]) -> str | None:
        """What stands for a date that is now; None for another."""
        before = found.string[max(0, found.start() - _BACK) : found.start()]
        if found["unix"]:
            whole = found["unix"].partition(".")[0]
            mine = self._near(float(found["unix"]) / _UNITS[len(whole)]) and _told(before)
            return MARK.format("") if mine else None
        days = [day for day in _days(found) if self._day is not None and abs(day - self._day) <= 1]
        if not days or (found["y2"] and not found["t4"] and not _told(before)):
            return None
        day = min(days, key=lambda one: abs(one - (self._day or 0)))
        times = [time for time in (found["t1"], found["t2"], found["t3"], found["t4"]) if time]
        if all(_labelled(before) or self._clock(day, time) for time in times):
            times = []
        distance = day - (self._day or 0)
        return " ".join([MARK.format(f" {distance:+}" if distance else ""), *times])

    def _clock(self, day: int, text: str) -> bool:
        """Whether a time of that day is the sender's clock. Without a zone it is in UTC."""
        found = _CLOCKED.match(text)
        if found is None:
            return False
        hour = int(found["h"]) % 12 + 12 * (found["half"] in "Pp") if found["half"] else int(found["h"])
        offset = _OFFSET.search(found["zone"])
        if offset is None and not re.fullmatch(r"\W*(?:Z|UTC|GMT)?\W*", found["zone"]):
            return False
        ahead = 0 if offset is None else (int(offset["h"]) * 60 + int(offset["m"])) * int(offset["sign"] + "1")
        return self._near(day * DAY + hour * 3600 + (int(found["m"]) - ahead) * 60 + int(found["s"] or 0))

    def _near(self, unix: float) -> bool:
        return self._span is not None and self._span[0] - NEAR <= unix <= self._span[1] + NEAR


def stated(text: str) -> Iterator[int]:
    """The days that a text calls today."""
    for label in _LABEL.finditer(text):
        found = _DATE.match(text, label.end())
        if found is not None and not found["unix"]:
            yield from _days(found)


def _labelled(before: str) -> bool:
    return any(found.end() == len(before) for found in _LABEL.finditer(before))


def _told(before: str) -> bool:
    """Whether what stands before a number says that it is a time."""
    told = _TOLD.search(before)
    return _labelled(before) or (told is not None and _NAMED.search(before[: told.start()]) is not None)


def _about(days: Iterable[int]) -> frozenset[int]:
    return frozenset(near for day in days for near in (day - 1, day, day + 1))


def _days(found: re.Match[str]) -> Iterable[int]:
    """What day it may be: 3/4/2026 may be one of two."""
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
