"""Markdown of a report, to paste."""

import pytest
from report.run import sample

from nexdiag.report import limits
from nexdiag.report.run.md import whole


def test_cause_fix_turns_and_what_was_not_checked() -> None:
    """The worst run first; a cause is told once."""
    page = whole(sample.several())
    assert page.index("context warning") < page.index("two questions")
    assert "- **cause** NX101 role-alternation at `turn 2, exchange 1, messages[4], /messages/4/role`" in page
    assert "- **fix** `Join the warning" in page
    assert page.count("each other") == page.count("**NX101") == 0
    assert "no Session for stream options" in page


@pytest.mark.parametrize("limit", [2000, 5000, 20_000, limits.PASTED])
def test_a_page_keeps_to_its_size(limit: int) -> None:
    """Whatever there is to tell; what is left out is counted."""
    for report in (sample.very_many(500), sample.hostile(), sample.several()):
        page = whole(report, limit=limit)
        assert len(page.encode("utf-8", "replace")) <= limit
    assert "left out: the page has no room" in whole(sample.very_many(500), limit=limit)
