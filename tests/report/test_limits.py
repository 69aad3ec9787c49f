"""The limits of readers."""

import pytest

from nexdiag.core.errors import NexdiagError
from nexdiag.report import limits


def test_all_annotations_of_a_step_stay_under_those_of_a_job() -> None:
    """Three kinds, each with as many as a step may show."""
    assert 3 * limits.SHOWN <= 50


def test_a_summary_that_is_nearly_full_takes_nothing() -> None:
    """One byte too many, and GitHub takes none of it."""
    assert limits.summary_room(0) == limits.SUMMARY_BUDGET < limits.STEP_SUMMARY
    assert limits.summary_room(limits.SUMMARY_BUDGET - 10) == limits.summary_room(10**9) == 0


def test_a_page_that_opens_slowly_is_told_and_one_that_never_opens_is_refused() -> None:
    """Both with what to do."""
    assert limits.too_large(limits.PAGE_LARGE - 1) == ""
    assert limits.too_large(limits.PAGE_MOST).startswith("the page has 50 MB: ")
    with pytest.raises(NexdiagError, match="51 MB: no browser opens that"):
        limits.too_large(limits.PAGE_MOST + 1_000_000)
