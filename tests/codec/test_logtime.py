"""Promises of `nexdiag.codec.logtime`."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.logtime import Stamp, of_number, of_parts, of_text


def utc(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-05-20T14:03:11Z", utc(2026, 5, 20, 14, 3, 11)),
        ("2026-05-20 14:03:11.5 +02:00", utc(2026, 5, 20, 12, 3, 11) + 0.5),
        ("2026-05-20T14:03:11-0730", utc(2026, 5, 20, 21, 33, 11)),
        ("2026-05-20 14:03:11,482 UTC", utc(2026, 5, 20, 14, 3, 11) + 0.482),
        ("2026-06-30T23:59:60Z", utc(2026, 6, 30, 23, 59, 59)),
        ("1779285791.25", 1779285791.25),
    ],
)
def test_times_with_a_zone_are_one_moment_everywhere(text: str, at: float) -> None:
    stamp = of_text(text)
    assert stamp is not None
    assert stamp.at == pytest.approx(at, abs=1e-6)


@pytest.mark.parametrize("value", [1779285791.4, 1779285791400, 1779285791400000, 1779285791400000000])
def test_numbers_are_told_by_their_size(value: float) -> None:
    """Seconds, thousandths, millionths and billionths of one."""
    stamp = of_number(value)
    assert stamp is not None
    assert stamp.at == pytest.approx(1779285791.4, abs=1e-5)


@pytest.mark.parametrize("value", [math.inf, math.nan, -1, 10**400, 1e40])
def test_a_number_that_is_no_time_is_none(value: float) -> None:
    assert of_number(value) is None


@pytest.mark.parametrize("text", ["", "noon", "2026-13-01T00:00:00Z", "2026-05-20", "nan", "2026-05-20T14:03:11+99:99"])
def test_a_text_that_is_no_time_is_none(text: str) -> None:
    assert of_text(text) is None


def test_a_time_without_a_year_is_the_nearest() -> None:
    """In the first minutes of a year, a line of December is of the year before; and the other way round."""
    late, early = utc(2027, 1, 1, 12), utc(2026, 12, 31, 12)
    before, after = of_parts(None, 12, 31, 23, 59, 0, now=late), of_parts(None, 1, 1, 0, 1, 0, now=early)
    assert before is not None
    assert after is not None
    assert [datetime.fromtimestamp(stamp.at).year for stamp in (before, after)] == [2026, 2027]  # noqa: DTZ006 - it is local


def test_the_29th_of_february_needs_no_year() -> None:
    """A year that has none is passed over."""
    stamp = of_parts(None, 2, 29, 12, 0, 0, now=utc(2028, 3, 1))
    assert stamp is not None
    assert datetime.fromtimestamp(stamp.at, UTC).year == 2028


def test_how_exact_a_time_is_is_told() -> None:
    """A second alone may mean any moment within it."""
    grains = [of_text(text) for text in ("2026-05-20T14:03:11Z", "2026-05-20T14:03:11.482Z")]
    assert [stamp.grain for stamp in grains if stamp] == [1.0, pytest.approx(0.001)]


@given(st.floats())
def test_any_time_can_be_written(at: float) -> None:
    assert Stamp(at=at).text().endswith("Z")
