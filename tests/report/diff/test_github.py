"""Promises of `nexdiag.report.diff.github`."""

import msgspec
from report.diff.sample import comparison

from nexdiag.report.diff.github import step_summary, whole
from nexdiag.report.diff.notable import Way
from nexdiag.report.sources import Sources


def test_each_row_that_tells_news_is_an_annotation_beside_its_exchange() -> None:
    """By weight; no line of a recording is a command; many are cut, and counted."""
    found = comparison()
    known = Way(sources=Sources(paths={found.right.name: "b.json"}, lines={found.right.name: {1: 14}}))
    lines = whole([found], known).splitlines()
    assert lines[0].startswith("::error file=b.json,line=14,title=nexdiag diff%3A turn 2%2C exchange 1")
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::notice", "::notice", "4"]
    asked = whole([found], Way(fails=frozenset({"findings"}))).splitlines()
    assert [line.split(" ")[0] for line in asked[:2]] == ["::error", "::notice"]
    shown = [line for line in whole([found] * 50).splitlines() if line.startswith("::error")]
    assert len(shown) == 10
    assert "41 more errors are not shown" in shown[-1]
    sly = msgspec.structs.replace(found, unchecked=("::error::gotcha ##[error]\n::stop",))
    assert not [line for line in whole([sly]).splitlines() if line.startswith(("::error::gotcha", "::stop"))]


def test_a_summary_keeps_to_its_room() -> None:
    """Where the page is full, nothing is appended."""
    assert step_summary([comparison()]).startswith("### nexdiag diff")
    assert step_summary([comparison()], already=1_000_000) == ""
