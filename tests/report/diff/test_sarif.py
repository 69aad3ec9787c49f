"""Promises of `nexdiag.report.diff.sarif`."""

import json

import msgspec
from report.diff.sample import comparison
from sarif_schema import broken

from nexdiag.core.comparison import Comparison, Place, Row, Side
from nexdiag.core.difference import Difference
from nexdiag.report.diff.notable import Way
from nexdiag.report.diff.sarif import whole


def test_each_difference_that_is_new_is_a_result() -> None:
    """Its aspect is the rule; what explains is the error; a new finding is a result of its own rule."""
    text = whole([comparison()])
    assert broken(text) == []
    (run,) = json.loads(text)["runs"]
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [
        ("diff/messages", "error"), ("diff/messages", "warning"), ("diff/response", "warning"),
        ("diff/turn", "warning"), ("NX101", "note"),
    ]  # fmt: skip
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [one["message"]["text"] for one in notes] == ["not checked: logs: right has none"]
    asked = json.loads(whole([comparison()], Way(fails=frozenset({"findings"}))))["runs"][0]["results"]
    assert sorted({one["level"] for one in asked}) == ["error", "note"]
    assert [one["ruleId"] for one in asked if one["level"] == "error"] == ["NX101"]


def test_hostile_names_and_pointers_stay_valid() -> None:
    """By the published schema; with nothing to tell as well."""
    one = Difference(pointer="/\x00\ud800", left={"a": "\ud800"}, right=[None], aspect="tools")
    rows = tuple(Row(left=Place(exchange=n), right=None, title="\x00" * 99, differences=(one,)) for n in range(30))
    hostile = Side(name="../../\ud800/c:\\x?y#z", kind="exchanges")
    many = msgspec.structs.replace(comparison(), left=hostile, right=hostile, rows=rows, first=0, explanation=None)
    text = whole([many])
    results = json.loads(text)["runs"][0]["results"]
    assert len(results) == 31
    assert broken(text) == []
    assert ".." not in json.dumps([one["locations"] for one in results])
    assert broken(whole([Comparison(left=Side(name=""), right=Side(name=""), mode="run")])) == []
