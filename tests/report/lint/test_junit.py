"""JUnit XML of lint."""

from xml.etree import ElementTree as ET

from report.lint import sample

from nexdiag.core.judged import Judged
from nexdiag.report.lint import junit


def test_a_rule_is_one_case_however_often_it_found_something() -> None:
    """Its findings are told in it; names stay unique."""
    many = Judged(file="a", profile="x", findings=(sample.finding(),) * 3)
    (suite,) = ET.fromstring(junit.whole([many]))  # noqa: S314 - it is our own
    (case,) = suite
    assert (case.get("name"), suite.get("tests")) == ("role-alternation", "1")
    assert (case[0].get("message") or "").startswith("3 findings")


def test_a_clean_file_is_a_case_that_passes() -> None:
    """So that a run of clean files is no empty run."""
    (suite,) = ET.fromstring(junit.whole([Judged(file="a", profile="x", findings=())]))  # noqa: S314 - it is our own
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
