"""Promises of `nexdiag.report.diff.junit`."""

from xml.etree import ElementTree as ET

from report.diff.sample import comparison

from nexdiag.core.comparison import Comparison, Side
from nexdiag.report.diff.junit import whole
from nexdiag.report.diff.notable import Way


def _counts(text: str) -> tuple[int, ...]:
    root = ET.fromstring(text)  # noqa: S314 - our own
    return tuple(int(root.get(key, "-1")) for key in ("tests", "failures", "errors", "skipped"))


def test_what_fails_is_what_was_asked_for_and_what_was_not_compared_is_skipped() -> None:
    """Two rows, a new finding, one thing that was not compared, and all the rest."""
    found = [comparison()]
    assert _counts(whole(found)) == (5, 2, 0, 1)
    assert _counts(whole(found, Way(fails=frozenset({"tools"})))) == (5, 0, 0, 1)
    assert _counts(whole(found, Way(fails=frozenset({"findings"})))) == (5, 1, 0, 1)
    first = next(ET.fromstring(whole(found)).iter("failure"))  # noqa: S314 - our own
    assert "explains why right was refused" in first.get("message", "")


def test_equal_recordings_are_a_case_that_passed() -> None:
    """A suite without a case would count as nothing; names are given once."""
    equal = Comparison(left=Side(name="a"), right=Side(name="b"), mode="replay")
    assert _counts(whole([equal])) == (1, 0, 0, 0)
    root = ET.fromstring(whole([comparison(), comparison()]))  # noqa: S314 - our own
    names = [(one.get("classname"), one.get("name")) for one in root.iter("testcase")]
    assert len(names) == len(set(names)) == 10
