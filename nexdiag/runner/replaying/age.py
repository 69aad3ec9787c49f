"""How old a recording may be. Pure.

Law: a recording that does not say when it was made is told, and does not pass for a young one.
"""

import datetime as dt
import math
import re

from nexdiag.core.cassette import Header
from nexdiag.core.errors import CassetteError, UsageError

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_TEXT = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([smhdw]?)", re.ASCII)
_HINT = "for example 30d, 12h, 2w, 90m, or a number of seconds"
FAIL = "fail"
"""What is to become of an expired recording, where it may not pass."""
_SKEW = 300.0
"""Seconds by which the clocks of two machines may differ: a recording of the near future is a young one."""


def seconds_of(text: str | float) -> float:
    """`30d`, `12h`, `2w`, `90m`, `45s` or a number of seconds. Raises `UsageError` for anything else."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        if math.isfinite(text) and text >= 0:
            return float(text)
        raise UsageError(f"an age is wanted, found {text}", hint=_HINT)
    found = _TEXT.fullmatch(text.strip().lower()) if isinstance(text, str) else None
    if found is None:
        raise UsageError(f"an age is wanted, found {str(text)[:40]!r}", hint=_HINT)
    return float(found[1]) * _UNITS[found[2] or "s"]


class Expired(CassetteError):  # noqa: N818 - named for the fact, as the report words it
    """A recording is older than it may be, and that is to fail."""

    exit_code = 1


def demand_young(header: Header, max_age: float | None, found: str, now: float) -> str:
    """That the recording is older than it may be, as `expired`. Raises `Expired` where `found` says that this fails."""
    old = expired(header, max_age, now)
    if old and found == FAIL:
        raise Expired(f"the recording has expired: {old}", hint="record it again, or allow it: --expired warn")
    return old


def expired(header: Header, max_age: float | None, now: float) -> str:
    """That the recording is older than it may be, in words; empty if it is not, or if any age will do.

    `max_age` is in seconds, `now` in Unix time.
    """
    if max_age is None:
        return ""
    if not _is_a_time(header.created):
        return f"it does not say when it was recorded, and may be at most {words(max_age)} old"
    age = now - header.created
    day = dt.datetime.fromtimestamp(header.created, dt.UTC).date()
    if age < -_SKEW:
        return f"it was recorded on {day}, which is still to come: its age cannot be told"
    if age <= max_age:
        return ""
    return f"it was recorded on {day}, {words(age)} ago, and may be at most {words(max_age)} old"


def words(span: float) -> str:
    """`45 seconds`, `3 hours`, `30 days`: the largest unit that leaves at least two of it."""
    for name, unit in (("day", _UNITS["d"]), ("hour", _UNITS["h"]), ("minute", _UNITS["m"])):
        if span >= 2 * unit or (span >= unit and span % unit == 0):
            return _counted(int(span // unit), name)
    return _counted(int(span), "second")


def _is_a_time(created: float) -> bool:
    """Whether it is a moment that a calendar knows: a file may say anything."""
    if not math.isfinite(created) or created <= 0:
        return False
    try:
        dt.datetime.fromtimestamp(created, dt.UTC)
    except (OverflowError, OSError, ValueError):
        return False
    return True


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
