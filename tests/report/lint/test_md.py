"""Markdown to paste."""

from report.lint import sample

from nexdiag.core.judged import Judged
from nexdiag.report.lint import md


def test_a_page_fits_into_a_comment() -> None:
    """And says how much it left out."""
    many = [Judged(file=f"{n}.json", profile="x", findings=(sample.finding(),)) for n in range(5000)]
    page = md.whole(many)
    assert len(page.encode()) <= 65_536
    assert "more findings left out" in page
    assert "more explanations left out" in page
