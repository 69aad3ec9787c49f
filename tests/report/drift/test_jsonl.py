"""Drift as JSON Lines."""

import json

from drift_sample import DRIFT, NOTHING

from nexdiag.report.drift.jsonl import whole


def test_a_line_a_change() -> None:
    """As many lines as changes; none for none."""
    assert [json.loads(line)["pointer"] for line in whole(DRIFT).splitlines()] == [one.pointer for one in DRIFT.changes]
    assert whole(NOTHING) == ""
