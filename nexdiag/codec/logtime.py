"""The times that stand in logs → Unix time. Pure: local time is the one thing that it asks the system for.

A time without a zone is local, as most loggers write it. One without a year is the nearest to now. Some are no time of
day at all, but seconds since the program began.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

import msgspec

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))? ?(Z|UTC|[+-]\d\d:?\d\d)?", re.IGNORECASE
)
_MILLIS, _MICROS, _NANOS = 1e11, 1e14, 1e17
"""From here on a number counts smaller parts of a second: no log is of the year 5138."""
_ABSURD = 253402300800 * 1e9
"""The year 10000, in billionths of a second."""


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """When a line was written, as it says itself."""

    at: float
    """Unix time in seconds; or seconds since the program began."""
    grain: float = 0.0
    """How exact it is: the line was written between `at` and `at + grain`."""
    zoned: bool = True
    """Whether it says of what zone it is."""
    relative: bool = False
    """Whether it counts from the start of the program."""

    def text(self) -> str:
        """As RFC 3339 in UTC, with milliseconds."""
        try:
            moment = datetime.fromtimestamp(self.at, UTC)
        except (ValueError, OverflowError, OSError):
            moment = datetime.fromtimestamp(0, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def of_text(text: str) -> Stamp | None:
    """A time such as `2026-05-20T14:03:11.482Z`, `2026-05-20 14:03:11,482` or `1779285791.4`; None for another text."""
    found = _ISO.fullmatch(text.strip())
    if found is None:
        try:
            return of_number(float(text)) if len(text) < 40 else None  # noqa: PLR2004 - a number of seconds is short
        except ValueError:
            return None
    return of_parts(*(int(found[place]) for place in range(1, 7)), fraction=found[7], zone=found[8])


def of_number(value: float) -> Stamp | None:
    """A Unix time in seconds, or in thousandths, millionths, billionths of one; None for a number that is no time."""
    if not 0 <= value < _ABSURD:  # nor is NaN
        return None
    parts = ((_NANOS, 1e9), (_MICROS, 1e6), (_MILLIS, 1e3))
    scale = next((per for least, per in parts if value >= least), 1.0)
    whole = scale == 1.0 and float(value).is_integer()
    if value / scale >= _ABSURD / 1e9:
        return None
    return Stamp(at=value / scale, grain=1.0 if whole else 0.0)


def since_start(seconds: float) -> Stamp:
    """Seconds since the program began."""
    return Stamp(at=seconds, relative=True)


def of_parts(  # noqa: PLR0913, PLR0917 - the parts of a date
    year: int | None,
    month: int,
    day: int,
    hour: int,
    minute: int,
    second: int,
    *,
    fraction: str | None = None,
    zone: str | None = None,
    now: float = 0.0,
) -> Stamp | None:
    """A date and a time of day; without a year, the nearest to `now`. None if there is no such day."""
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    grain = 10.0 ** -len(fraction) if fraction else 1.0
    try:
        offset = _offset(zone)
        second = min(second, 59)  # a leap second
        if year is not None:
            moment = datetime(year, month, day, hour, minute, second, micro, tzinfo=offset)
        else:
            moment = _nearest(month, day, hour, minute, second, micro, now)
        return Stamp(at=moment.timestamp(), grain=grain, zoned=zone is not None)
    except (ValueError, OverflowError, OSError):
        return None


def _nearest(month: int, day: int, hour: int, minute: int, second: int, micro: int, now: float) -> datetime:  # noqa: PLR0913, PLR0917 - the parts of a date
    around = datetime.fromtimestamp(now, UTC).year
    found: list[datetime] = []
    for year in (around - 1, around, around + 1):
        try:
            found.append(datetime(year, month, day, hour, minute, second, micro).astimezone())
        except ValueError:  # the 29th of February
            continue
    here = datetime.fromtimestamp(now, UTC)
    return min(found, key=lambda moment: abs(moment - here))


def _offset(zone: str | None) -> timezone | None:
    """The zone of a time; None for local time."""
    if zone is None:
        return None
    if zone.upper() in ("Z", "UTC"):
        return UTC
    digits = zone[1:].replace(":", "")
    away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-away if zone[0] == "-" else away)
