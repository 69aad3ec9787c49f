"""Replays as JSON Lines."""

import json

from report.replay import sample
from syrupy.assertion import SnapshotAssertion

from nexdiag.report.replay.jsonl import recording, whole


def test_the_golden_lines(snapshot: SnapshotAssertion) -> None:
    """A line a verdict, then one for the recording."""
    assert whole([sample.changed(), sample.nothing()]) == snapshot


def test_each_line_stands_alone() -> None:
    """As a recording ends its lines can be written; all together are the same."""
    done = [*sample.several(), sample.hostile(), sample.unread()]
    rows = whole(done).splitlines()
    assert rows == [row for one in done for row in recording(one).splitlines()]
    told = [json.loads(row) for row in rows]
    assert [row["verdict"] for row in told if row["kind"] == "recording"][:2] == ["exact", "changed"]
    assert all(row["file"] for row in told)
    assert all(row.isascii() for row in rows)
