"""Drift as lines."""

import msgspec
from drift_sample import DRIFT, change

from nexdiag.core.finding import Severity
from nexdiag.report.drift.github import whole as annotated
from nexdiag.report.drift.text import whole


def test_the_lines_of_a_drift() -> None:
    """Both sides, the worst first with what shows it, what was not checked, the sum last."""
    lines = whole(DRIFT).splitlines()
    assert lines[:2] == [
        "left   old: 40 exchanges in 2 files, of llama.cpp b1",
        "right  new: 48 exchanges in 3 files, of llama.cpp b2",
    ]
    assert lines[2].endswith("removed response chat json /usage")
    assert "          first  new/b.cassette.jsonl, exchange 3 of the right" in lines
    assert "⟨ESC⟩" in lines[8]
    assert lines[-2:] == [
        "  not checked: response chat stream: only the left has any (2)",
        "1 error, 1 warning, 1 remark; 1 ignored; 1 not checked",
    ]


def test_the_same_of_many_places_is_told_once_with_each_fingerprint() -> None:
    """So that each can be ignored; as an annotation they are one, with their number."""
    same = tuple(change(f"[type=e{at}]/seq", Severity.ERROR) for at in range(9))
    drift = msgspec.structs.replace(DRIFT, changes=same)
    text = whole(drift)
    assert all(one.fingerprint in text for one in same)
    assert text.count("breaks agents") == 1
    assert "and 8 more places" in text
    assert annotated(drift).count("::error") == 1
    assert "and 8 more like it" in annotated(drift)
