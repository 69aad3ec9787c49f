"""Drift as JUnit."""

from xml.etree import ElementTree as ET

from drift_sample import DRIFT, NOTHING

from nexdiag.report.drift.junit import whole


def test_weights_are_failures_and_what_was_not_checked_is_skipped() -> None:
    """A remark passes; nothing at all is a case that passed."""
    root = ET.fromstring(whole(DRIFT))  # noqa: S314 - our own
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("4", "2", "1")
    assert [one.get("type") for one in root.iter("failure")] == ["error", "warning"]
    empty = ET.fromstring(whole(NOTHING))  # noqa: S314 - our own
    assert (empty.get("tests"), empty.get("failures")) == ("1", "0")
