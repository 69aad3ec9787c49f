"""Annotations of a report, and the summary of its step."""

from report.run import sample

from nexdiag.report import limits
from nexdiag.report.run.github import step_summary, whole
from nexdiag.report.sources import Sources


def test_an_annotation_stands_at_its_line_and_the_verdict_last() -> None:
    """By the path that the repository has."""
    report = sample.several()
    file = report.runs[1].cassette.name
    rows = whole(report, Sources(paths={file: "x/y.jsonl"}, lines={file: {1: 14}})).splitlines()
    assert any(row.startswith("::error file=x/y.jsonl,line=14,title=nexdiag report%3A NX101 ") for row in rows)
    assert rows[-1].startswith("✗ 1 of 1 runs passed") or "passed" in rows[-1]


def test_a_summary_is_appended_where_there_is_room() -> None:
    """Within the budget, whatever is there already."""
    report = sample.very_many(3000)
    for already in (0, 800 * 1024):
        assert 0 < len(step_summary(report, already=already).encode()) <= limits.SUMMARY_BUDGET - already
    assert step_summary(report, already=limits.SUMMARY_BUDGET) == ""
