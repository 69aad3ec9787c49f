"""Promises of `nexdiag.replay.matching.dates`."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.replay.matching.dates import DAY, Now, day_of

NOW = 1795397881.4  # 2026-11-23, 01:38 UTC, a Monday
TODAY = Now([day_of(NOW) or 0])


def marked(text: str, now: Now = TODAY) -> str:
    """The text with its dates in brackets."""
    return now.replace(text, lambda date, own: f"<{date}>" if own else f"[{date}]")


@pytest.mark.parametrize(
    "date",
    [
        "2026-11-23", "2026/11/23", "2026.11.23", "20261123", "20261123T013801Z", "2026-11-23T01:38:01.400Z",
        "2026-11-23 01:38:01+00:00", "2026-11-23 (Monday)", "Monday, 2026-11-23", "23.11.2026", "23/11/2026",
        "11/23/2026", "11/23/2026, 1:38:01 AM", "November 23, 2026", "Nov 23rd 2026", "23 November 2026",
        "23rd of November, 2026", "23-Nov-2026", "Monday, November 23rd, 2026 at 14:05",
        "Mon, 23 Nov 2026 01:38:01 +0000", "Mon Nov 23 01:38:01 2026", "Mon Nov 23 01:38:01 UTC 2026",
        "14:05 on 23 November 2026", "2026年11月23日", "Mon Nov 23 2026 01:38:01 GMT+0000 (Coordinated Universal Time)",
        "1795397881", "1795397881.25", "1795397881401", "1795397881401123", "1795397881401123456",
    ],
)  # fmt: skip
def test_every_usual_spelling_of_now_is_found_whole(date: str) -> None:
    """With its weekday, its time and its zone, wherever it stands in a sentence; a day more or less is now as well."""
    assert marked(f"It is {date}.") == f"It is <{date}>."
    assert marked(f'{{"at":"{date}"}}') == f'{{"at":"<{date}>"}}'
    for days in (-1, 1):
        assert marked(date, Now([(day_of(NOW) or 0) + days])) == f"<{date}>"
    for days in (-5, 5):
        assert marked(date, Now([(day_of(NOW) or 0) + days])) == date


@pytest.mark.parametrize(
    "text",
    [
        "What happened on 1969-07-20?", "July 20, 1969", "2025-11-23", "2026-11-25", "gpt-4o-2026-11-23",
        "v2026.11.23.1", "2026-13-45", "1.2026-11-23", "a2026-11-23", "2026", "November 2026", "Monday", "at 14:05",
        "call 1795397881x", "0000-00-00 in 2026", "99/99/2026",
    ],
)  # fmt: skip
def test_what_is_far_or_no_date_is_left(text: str) -> None:
    """It means what it says."""
    assert marked(text) == text


@pytest.mark.parametrize(
    "text", ["2026-11-2", "Mon ", "1:11 ", "2026", "1", "Nov 2 ", "current time ", "11:11:11 UTC on "]
)
def test_a_hostile_text_costs_its_length(text: str) -> None:
    """What nearly fits, over and over, is read once: half a megabyte does not hang a test."""
    assert "<" not in marked("2026 " + text * (500_000 // len(text)))


def test_a_time_that_calls_itself_current_is_now() -> None:
    """It needs no day beside it."""
    assert marked("Current time: 14:05:10 CET, go") == "Current time: <14:05:10 CET>, go"
    assert marked("local time is 2:05 PM") == "local time is <2:05 PM>"


def test_a_known_date_is_told_as_known() -> None:
    """It is found by its very text, and is not now."""
    known = Now([day_of(NOW) or 0], other=[20000], known={"2024-10-04"})
    assert marked("2024-10-04 and 2024-10-05", known) == "[2024-10-04] and 2024-10-05"


def test_numbers_are_judged_as_unix_times() -> None:
    """In seconds and all smaller units; what is no time at all is none."""
    assert all(TODAY.holds(NOW * unit) for unit in (1, 1000, 10**6))
    others = (0, 5, -1795397881, 1795397881 - 3 * DAY, float("inf"), float("nan"), 10**300, True)
    assert not any(TODAY.holds(number) for number in others)


@given(st.dates(dt.date(1971, 1, 1)), st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%a %b %d %H:%M:%S %Y", "%B %d, %Y"]))
def test_any_day_is_found_on_itself(day: dt.date, spelling: str) -> None:
    """Whatever day it is; and never a week later."""
    unix = dt.datetime(day.year, day.month, day.day, 12, tzinfo=dt.UTC).timestamp()
    text = day.strftime(spelling)
    if len(str(day.year)) == 4:
        assert marked(text, Now([day_of(unix) or 0])) == f"<{text}>"
        assert marked(text, Now([(day_of(unix) or 0) + 7])) == text


@given(st.text(), st.floats() | st.none())
def test_any_text_and_any_time_are_borne(text: str, unix: float | None) -> None:
    """Nothing raises; a text without a date is given back."""
    day = day_of(unix)
    Now([day] if day is not None else []).replace(text + " 2026-11-23", lambda date, own: date if own else "")
