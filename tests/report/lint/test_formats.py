"""The formats of lint, whatever was judged."""

import json
import re
from xml.etree import ElementTree as ET

import pytest
from report.lint import sample
from sarif_schema import broken
from syrupy.assertion import SnapshotAssertion

from nexdiag.core.judged import Judged
from nexdiag.report.lint.formats import FORMATS, HOLD_UNCHECKED, PLACED, placed
from nexdiag.report.sources import NOWHERE, Sources

ALL = pytest.mark.parametrize("form", FORMATS)
PLAIN = ("text", "json", "jsonl", "github", "junit", "sarif", "md")


@pytest.mark.parametrize("form", PLAIN)
def test_the_golden_page(form: str, snapshot: SnapshotAssertion) -> None:
    """Each format of the same files."""
    assert FORMATS[form](sample.several()) == snapshot


@ALL
def test_hostile_text_steers_nothing(form: str) -> None:
    """No control character and no override reaches a reader; no markup, and no workflow command, comes of a text."""
    written = FORMATS[form](sample.several())
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", written)
    if form == "html":
        assert "<script" not in written
    if form == "github":
        assert all(re.match("::(error|warning|notice) ", row) for row in written.splitlines()[:-1])


@ALL
def test_nothing_found_is_told_as_such(form: str) -> None:
    """A clean file is written in every format."""
    written = FORMATS[form]([Judged(file="a", profile="x", findings=())])
    assert written or form == "jsonl"


@pytest.mark.parametrize("form", HOLD_UNCHECKED)
def test_what_was_not_checked_is_told(form: str) -> None:
    """It never counts as passed."""
    assert "turns: none" in FORMATS[form](sample.several())


def test_sarif_and_junit_hold_every_finding() -> None:
    """Errors and warnings fail; remarks are there."""
    log = json.loads(FORMATS["sarif"](sample.several()))
    assert [one["level"] for one in log["runs"][0]["results"]] == ["error", "error", "warning", "note"]
    assert len({one["partialFingerprints"]["nexdiag/v1"] for one in log["runs"][0]["results"]}) == 4
    suites = ET.fromstring(FORMATS["junit"](sample.several()))  # noqa: S314 - it is our own
    assert (suites.get("failures"), suites.get("skipped")) == ("3", "2")


@pytest.mark.parametrize("form", PLACED)
def test_a_place_that_is_known_is_told(form: str) -> None:
    """The path in the repository, and the line; without it the same as ever."""
    several = sample.several()
    known = Sources(paths={several[0].file: "x/y.jsonl"}, lines={several[0].file: {1: 14}})
    written = placed(form, several, known)
    assert "x/y.jsonl" in written
    assert "14" in written
    assert placed(form, several, NOWHERE) == FORMATS[form](several)


def test_sarif_is_valid_by_the_published_schema() -> None:
    """Also where every text is hostile."""
    assert broken(FORMATS["sarif"](sample.several())) == []
