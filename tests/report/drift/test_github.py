"""Drift as annotations."""

from drift_sample import DRIFT

from nexdiag.report.drift.github import step_summary, whole


def test_each_change_is_an_annotation_beside_the_recording_that_shows_it() -> None:
    """By weight; no line of a recording is a command."""
    lines = whole(DRIFT).splitlines()
    assert lines[0].startswith("::error file=new/b.cassette.jsonl,line=1,title=nexdiag drift%3A ")
    assert [line.split(" ")[0] for line in lines[:2]] == ["::error", "::warning"]
    assert sum(line.startswith("::") for line in lines) == 4
    assert lines[-1].startswith("1 error")


def test_a_summary_keeps_to_its_room() -> None:
    """Where the page is full, nothing is appended."""
    assert step_summary(DRIFT).startswith("### nexdiag drift")
    assert step_summary(DRIFT, already=1_000_000) == ""
