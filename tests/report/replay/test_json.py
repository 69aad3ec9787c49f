"""Replays as JSON."""

import json

from report.replay import sample
from syrupy.assertion import SnapshotAssertion

from nexdiag.report.replay.json import SCHEMA, whole


def test_the_golden_json(snapshot: SnapshotAssertion) -> None:
    """All that a script relies on."""
    assert whole([sample.changed(), sample.resent(), sample.broken()]) == snapshot


def test_the_promised_shape() -> None:
    """Schema, whether it passed, counts, and for each recording its file, verdict, error and turns."""
    told = json.loads(whole(sample.several()))
    assert (told["schema"], told["passed"]) == (SCHEMA, False)
    assert told["counts"]["exact"] == 3
    assert len(told["recordings"]) == len(sample.several())
    changed = told["recordings"][1]
    assert (changed["file"], changed["verdict"]) == ("cassettes/changed.cassette.jsonl", "changed")
    assert changed["outcomes"] == {"exact": 2, "changed": 2, "missing": 1}
    assert changed["pairing"]["answered_by"] == [0, 1, None]
    assert changed["turns"][2]["divergence"]["first"]["pointer"] == "/messages/6/content"
    assert json.loads(whole([sample.mended()]))["passed"] is True


def test_it_is_ascii_and_valid_whatever_was_recorded() -> None:
    """No escape sequence reaches a terminal that prints it."""
    told = whole([sample.hostile(), sample.unread()])
    assert told.isascii()
    assert "\x1b" not in told
    assert json.loads(told)["recordings"][1]["file"] == sample.EVIL
