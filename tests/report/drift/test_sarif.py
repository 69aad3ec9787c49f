"""Drift as SARIF."""

import json

from drift_sample import DRIFT

from nexdiag.report.drift.sarif import whole


def test_each_change_is_a_result_with_its_fingerprint_and_a_place() -> None:
    """The recording that shows it, the place in the shape, and the weight."""
    (run,) = json.loads(whole(DRIFT))["runs"]
    assert [one["level"] for one in run["results"]] == ["error", "warning", "note"]
    first = run["results"][0]
    place = first["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "new/b.cassette.jsonl"
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "response chat json /usage"
    assert DRIFT.changes[0].fingerprint in first["partialFingerprints"].values()
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert notes[0]["message"]["text"] == "1 change ignored, as was asked"
