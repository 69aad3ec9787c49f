"""Drift as lines."""

from drift_sample import DRIFT

from nexdiag.report.drift.text import whole


def test_the_lines_of_a_drift() -> None:
    """Both sides, the worst first with what shows it, what was not checked, the sum last."""
    lines = whole(DRIFT).splitlines()
    assert lines[:2] == [
        "left   old: 40 exchanges in 2 files, of llama.cpp b1",
        "right  new: 48 exchanges in 3 files, of llama.cpp b2",
    ]
    assert lines[2].endswith("removed response chat json /usage")
    assert "          first  new/b.cassette.jsonl, exchange 3" in lines
    assert "⟨ESC⟩" in lines[8]
    assert lines[-2:] == [
        "  not checked: response chat stream: only the left has any (2)",
        "1 error, 1 warning, 1 remark; 1 ignored; 1 not checked",
    ]
