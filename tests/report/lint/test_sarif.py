"""SARIF 2.1.0."""

import json

from report.lint import sample

from nexdiag.core.judged import Judged
from nexdiag.report.limits import SARIF_RESULTS
from nexdiag.report.lint import sarif


def test_what_is_left_out_is_told() -> None:
    """As a notification of the run."""
    many = [Judged(file="a", profile="x", findings=(sample.finding(),) * (SARIF_RESULTS + 7))]
    (run,) = json.loads(sarif.whole(many))["runs"]
    assert len(run["results"]) == SARIF_RESULTS
    assert "7 more are left out" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_every_result_points_to_its_rule() -> None:
    """By index and by id."""
    (run,) = json.loads(sarif.whole(sample.several()))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
