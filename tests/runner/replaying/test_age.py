"""How old a recording may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.cassette import Header
from nexdiag.core.errors import UsageError
from nexdiag.runner.replaying.age import Expired, demand_young, expired, seconds_of, words

NOW = 1_800_000_000.0
DAY = 86400.0


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("30d", 30 * DAY), ("12h", 43200), ("2w", 14 * DAY), ("90m", 5400), ("45s", 45), ("45", 45), ("1.5 H", 5400),
     (7, 7), (0.5, 0.5), ("0d", 0)],
)  # fmt: skip
def test_an_age_is_read(text: str | float, wanted: float) -> None:
    """Weeks, days, hours, minutes and seconds; a bare number is seconds."""
    assert seconds_of(text) == wanted


@pytest.mark.parametrize("text", ["", "d", "-1d", "1y", "ten days", "1d2h", "1e9", "nan", float("inf"), -1, True, "٣d"])
def test_what_is_no_age_is_a_clear_error(text: str | float) -> None:
    """It says what an age looks like, and takes nothing for one that is none."""
    with pytest.raises(UsageError, match="an age is wanted") as caught:
        seconds_of(text)
    assert "30d" in caught.value.hint


def test_a_young_recording_is_not_expired() -> None:
    """Nothing is said of it, up to the very moment."""
    assert expired(Header(created=NOW - 30 * DAY), 30 * DAY, NOW) == ""


def test_an_old_recording_is_expired_in_words() -> None:
    """It says when it was recorded, how long ago, and how old it may be."""
    told = expired(Header(created=NOW - 31 * DAY), 30 * DAY, NOW)
    assert told == "it was recorded on 2026-12-15, 31 days ago, and may be at most 30 days old"


def test_without_a_limit_any_age_will_do() -> None:
    """Also none at all."""
    assert expired(Header(created=1.0), None, NOW) == expired(Header(), None, NOW) == ""


@pytest.mark.parametrize("created", [0.0, -5.0, float("nan"), float("inf"), 1e300])
def test_a_recording_without_a_date_does_not_pass(created: float) -> None:
    """It is told, whatever stands there."""
    assert "does not say when" in expired(Header(created=created), DAY, NOW)


def test_a_recording_of_the_future_does_not_pass_for_a_young_one() -> None:
    """But clocks of two machines may differ by minutes."""
    assert "still to come" in expired(Header(created=NOW + DAY), DAY, NOW)
    assert expired(Header(created=NOW + 60), DAY, NOW) == ""


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(min_value=0, max_value=1e12))
def test_any_header_gets_a_verdict(created: float, limit: float) -> None:
    """A file may say anything: nothing raises."""
    assert isinstance(expired(Header(created=created), limit, NOW), str)


@pytest.mark.parametrize(
    ("span", "wanted"),
    [
        (DAY, "1 day"),
        (2.5 * DAY, "2 days"),
        (3600, "1 hour"),
        (5400, "90 minutes"),
        (90, "90 seconds"),
        (1, "1 second"),
    ],
)
def test_a_span_is_said_in_its_largest_unit(span: float, wanted: str) -> None:
    """The largest that leaves at least two of it, or is just one."""
    assert words(span) == wanted


def test_what_is_to_fail_is_refused_and_else_told() -> None:
    """A failure, not a broken file: exit code 1."""
    old = Header(created=NOW - 3 * DAY)
    assert demand_young(old, DAY, "warn", NOW) == expired(old, DAY, NOW) != ""
    assert demand_young(old, None, "fail", NOW) == demand_young(old, 9 * DAY, "fail", NOW) == ""
    with pytest.raises(Expired, match="3 days ago") as refused:
        demand_young(old, DAY, "fail", NOW)
    assert refused.value.exit_code == 1
