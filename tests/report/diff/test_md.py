"""Promises of `nexdiag.report.diff.md`."""

import msgspec
from report.diff.sample import HOSTILE, comparison

from nexdiag.core.comparison import Place, Row
from nexdiag.core.difference import Difference
from nexdiag.report.diff.md import whole


def test_the_page_tells_what_explains_and_what_is_new() -> None:
    """Recorded text stands in code alone."""
    page = whole([comparison()])
    assert page.startswith("### nexdiag diff\n\n4 differences, the first in turn 2, exchange 1")
    assert "**Explains**: `/messages/4 (only right has it)" in page
    assert page.count(", the first divergence") == 1
    assert "- `- …(" in page
    assert "2 more differences without weight (`--mode run`)" in page
    outside = "".join(part for line in page.split("\n") for part in line.split("`")[::2])
    assert "<script>" in page
    assert "<script>" not in outside


def test_a_page_stays_within_its_size_and_tells_what_it_left_out() -> None:
    """Thousands of rows, and thousands of pairs, with backticks in their text."""
    one = Difference(pointer="/x", left="`" * 200 + "é" * 200, right=HOSTILE * 50, aspect="parameters")
    rows = tuple(
        Row(left=Place(exchange=n), right=Place(exchange=n), title="`" * 50, differences=(one,) * 25)
        for n in range(160)
    )
    many = msgspec.structs.replace(comparison(), rows=rows, first=0, explanation=None, unchecked=("x" * 99,) * 2000)
    for found in ([many], [comparison()] * 300):
        for limit in (64_512, 5_000):
            page = whole(found, limit=limit)
            assert len(page.encode()) <= limit
            assert "left out: the page has no room._" in page
            assert page.endswith("_See `--format json` for all of it._")


def test_fixed_findings_are_told_and_no_columns() -> None:
    """What a terminal sets in columns is set with two spaces."""
    page = whole([comparison()])
    assert "   changed" not in page
    assert ("Findings that are fixed:" in page) == bool(comparison().findings.gone)
