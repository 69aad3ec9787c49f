"""SARIF of a replay."""

import json

from report.replay import sample
from sarif_schema import broken

from nexdiag.core.run import Replayed
from nexdiag.report.replay.sarif import whole


def test_what_differs_and_what_cannot_be_replayed_are_results() -> None:
    """Valid by the published schema; what was not replayed is a notification."""
    done = [
        *sample.several(),
        Replayed(path="/home/me/broken.cassette.jsonl", what="it is torn", code=3),
        Replayed(path="empty.cassette.jsonl", what="holds nothing", code=4),
    ]
    text = whole(done)
    assert broken(text) == []
    (run,) = json.loads(text)["runs"]
    rules = [one["ruleId"] for one in run["results"]]
    assert rules.count("replay-fails") >= 1
    assert "replay-differs" in rules
    assert "/home/me" not in text
    notes = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert any(note.startswith("not replayed: empty.cassette.jsonl") for note in notes)
