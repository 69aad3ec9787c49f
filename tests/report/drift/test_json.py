"""Drift as JSON."""

import json

from drift_sample import DRIFT

from nexdiag.report.drift.json import SCHEMA, whole


def test_the_shape_is_a_promise() -> None:
    """All fields of a change, with its fingerprint; what is ignored is there."""
    read = json.loads(whole(DRIFT))
    assert list(read) == ["schema", "left", "right", "changes", "ignored", "unchecked"]
    assert read["schema"] == SCHEMA
    first = read["changes"][0]
    assert first["fingerprint"] == DRIFT.changes[0].fingerprint
    assert (first["severity"], first["left"]["exchanges"], first["first"]["exchange"]) == ("error", 40, 3)
    assert len(read["ignored"]) == 1
