"""Drift as Markdown."""

import msgspec
from drift_sample import DRIFT, change

from nexdiag.core.finding import Severity
from nexdiag.report.drift.md import whole


def test_a_page_stays_within_its_size_and_tells_what_it_left_out() -> None:
    """Thousands of changes fit into a comment; those left out are counted."""
    many = msgspec.structs.replace(DRIFT, changes=tuple(change(f"/f{at}", Severity.ERROR) for at in range(3000)))
    page = whole(many)
    assert len(page.encode()) < 65_536
    assert "left out: the page has no room" in page
    assert "more lines not checked" not in page


def test_recorded_text_stands_in_code() -> None:
    """No markup comes of it."""
    page = whole(DRIFT)
    assert page.startswith("### nexdiag drift\n\n1 error, 1 warning")
    assert all("`" in line for line in page.splitlines() if "<script>" in line)
