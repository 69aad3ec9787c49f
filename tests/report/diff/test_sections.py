"""Promises of nexdiag.report.diff.sections."""

import msgspec
from report.diff.compared import comparison

from nexdiag.core.comparison import Comparison, Side
from nexdiag.report.diff.sections import asides, divergence, explained, findings, foot, head, sides


def test_the_explanation_and_the_first_divergence_read_without_scripts() -> None:
    """What explains comes first; where that is the first divergence, its other differences stand with it."""
    found = comparison()
    told = explained(found)
    assert told
    for part in ("First divergence: explains the failure", "two user messages", "must alternate", "Join the warning",
                 "<del>half</del><ins>78%</ins>", "… 5,000 characters …", 'href="#row-2"', "/status"):  # fmt: skip
        assert part in told, part
    assert told.index("/messages/4") < told.index("/messages/3")
    assert "<script>" not in told
    assert divergence(found) is None
    alone = divergence(msgspec.structs.replace(found, explanation=None))
    assert alone
    assert "First divergence" in alone
    assert "/messages/3/content" in alone


def test_everything_else_is_counted() -> None:
    """Sides, findings, what was set aside and what was not compared are told; what is not there leaves no heading."""
    found = comparison()
    assert "2 turns, 3 exchanges" in sides(found)
    assert "Findings: 2 new" in (findings(found) or "")
    assert "12 places set aside as volatile" in (asides(found) or "")
    assert "no log on the left" in foot(found)
    equal = Comparison(left=Side(name="a"), right=Side(name="b"), mode="replay")
    assert "Equal: nothing of weight differs" in head(equal)
    assert [explained(equal), divergence(equal), findings(equal), asides(equal)] == [None] * 4
