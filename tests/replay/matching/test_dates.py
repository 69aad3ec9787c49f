"""Promises of `nexdiag.replay.matching.dates`."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.replay.matching.dates import DAY, Now, day_of, stated

NOW = 1795397881.4  # 2026-11-23, 01:38 UTC, a Monday
DAY_OF_NOW = day_of(NOW) or 0
TODAY = Now(DAY_OF_NOW, span=(NOW, NOW))


def marked(text: str, now: Now = TODAY) -> str:
    """The text with its dates in brackets."""
    return now.replace(text, lambda date, own, mark: f"<{date}>" if own else f"[{date}]")


def marks(text: str, now: Now = TODAY) -> str:
    """The text with the marks of its dates."""
    return now.replace(text, lambda date, own, mark: mark)


@pytest.mark.parametrize(
    "date",
    [
        "2026-11-23", "2026/11/23", "2026.11.23", "20261123T013801Z", "2026-11-23T01:38:01.400Z",
        "2026-11-23 01:38:01+00:00", "2026-11-23 (Monday)", "Monday, 2026-11-23", "23.11.2026", "23/11/2026",
        "11/23/2026", "11/23/2026, 1:38:01 AM", "November 23, 2026", "Nov 23rd 2026", "23 November 2026",
        "23rd of November, 2026", "23-Nov-2026", "Monday, November 23rd, 2026 at 1:35 am",
        "Mon, 23 Nov 2026 01:38:01 +0000", "Mon Nov 23 01:38:01 2026", "Mon Nov 23 01:38:01 UTC 2026",
        "01:41 on 23 November 2026", "2026年11月23日", "Mon Nov 23 2026 01:38:01 GMT+0000 (Coordinated Universal Time)",
    ],
)  # fmt: skip
def test_every_usual_spelling_of_now_is_found_whole(date: str) -> None:
    """With its weekday, its time and its zone, wherever it stands in a sentence; a day more or less is now as well."""
    assert marked(f"It is {date}.") == f"It is <{date}>."
    assert marked(f'{{"at":"{date}"}}') == f'{{"at":"<{date}>"}}'
    assert marks(f"It is {date}.") == "It is ⟦date⟧."
    for days in (-1, 1):
        beside = Now(DAY_OF_NOW + days, span=(NOW, NOW))
        assert marked(date, beside) == f"<{date}>"
        assert marks(date, beside) == f"⟦date {-days:+}⟧"
    for days in (-5, 5):
        assert marked(date, Now(DAY_OF_NOW + days)) == date


@pytest.mark.parametrize(
    "unix", ["1795397881", "1795397881.25", "1795397881401", "1795397881401123", "1795397881401123456"]
)
@pytest.mark.parametrize(
    "label", ["time: ", '"created_at": ', "timestamp=", "startedAt: '", "unix time is ", "now: ", "ms: "]
)
def test_a_unix_time_is_one_where_it_is_called_so(label: str, unix: str) -> None:
    """And near the time of sending; an order number of as many digits is left."""
    assert marks(f"{label}{unix}") == f"{label}⟦date⟧"
    assert marks(f"order {unix}") == f"order {unix}"
    assert marks(f"{label}{unix}", Now(DAY_OF_NOW, span=(NOW - 5000, NOW - 5000))) == f"{label}{unix}"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("2026-11-23 09:00", "⟦date⟧ 09:00"),
        ("2026-11-23T09:00:00Z", "⟦date⟧ 09:00:00Z"),
        ("2026-11-23 04:38:01 +0300", "⟦date⟧"),
        ("2026-11-23 04:38:01", "⟦date⟧ 04:38:01"),
        ("Today is 2026-11-23 09:00", "Today is ⟦date⟧"),
        ("Current date and time: 2026-11-23 09:00", "Current date and time: ⟦date⟧"),
        ("<current_date>2026-11-23</current_date>", "<current_date>⟦date⟧</current_date>"),
        ("9:00 am on 23 November 2026", "⟦date⟧ 9:00 am"),
        ("20261123T090000Z", "⟦date⟧ T090000Z"),
        ("20261123", "20261123"),
        ("date: 20261123", "date: ⟦date⟧"),
        ("from 2026-11-22 to 2026-11-24", "from ⟦date -1⟧ to ⟦date +1⟧"),
    ],
)
def test_a_time_of_day_counts_unless_it_is_the_sender_s_clock(text: str, left: str) -> None:
    """It says so, or it is near the time of sending; and the day after is not the day before."""
    assert marks(text) == left


def test_what_a_text_calls_today() -> None:
    """Behind a label: a date in a question is none."""
    assert list(stated("Today is 2026-11-23, and 2026-11-24 is tomorrow.")) == [DAY_OF_NOW]
    assert list(stated("<current_date>2026-11-24</current_date> Today's date: November 23, 2026")) == [
        DAY_OF_NOW + 1,
        DAY_OF_NOW,
    ]
    assert list(stated("Due date: 2026-11-23. What is on 2026-11-23?")) == []


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
    known = Now(DAY_OF_NOW, other=[20000], known={"2024-10-04": "⟦date +1⟧"})
    assert marks("2024-10-04", known) == "⟦date +1⟧"
    assert marked("2024-10-04 and 2024-10-05", known) == "[2024-10-04] and 2024-10-05"


def test_numbers_are_judged_as_unix_times() -> None:
    """In seconds and all smaller units; what is no time at all is none."""
    assert all(TODAY.holds(NOW * unit, "created_at") for unit in (1, 1000, 10**6))
    assert not TODAY.holds(NOW, "seed")
    others = (0, 5, -1795397881, 1795397881 - 3 * DAY, float("inf"), float("nan"), 10**300, True)
    assert not any(TODAY.holds(number, "time") for number in others)


@given(st.dates(dt.date(1971, 1, 1)), st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%a %b %d %H:%M:%S %Y", "%B %d, %Y"]))
def test_any_day_is_found_on_itself(day: dt.date, spelling: str) -> None:
    """Whatever day it is; and never a week later."""
    unix = dt.datetime(day.year, day.month, day.day, 12, tzinfo=dt.UTC).timestamp()
    text = day.strftime(spelling)
    if len(str(day.year)) == 4:
        assert marked(text, Now(day_of(unix), span=(unix - 43200, unix + 43200))) == f"<{text}>"
        assert marked(text, Now((day_of(unix) or 0) + 7)) == text


@given(st.text(), st.floats() | st.none())
def test_any_text_and_any_time_are_borne(text: str, unix: float | None) -> None:
    """Nothing raises; a text without a date is given back."""
    day = day_of(unix)
    Now(day).replace(text + " 2026-11-23", lambda date, own, mark: mark if own else "")
    list(stated(text))
