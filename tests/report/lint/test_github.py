"""Workflow commands of GitHub Actions."""

from report.lint import sample

from nexdiag.core.judged import Judged
from nexdiag.report.lint import github


def test_at_most_ten_of_a_kind_and_the_rest_is_told() -> None:
    """GitHub drops the eleventh in silence."""
    many = [Judged(file=f"{n}.json", profile="x", findings=(sample.finding(),)) for n in range(30)]
    rows = github.whole(many).splitlines()
    assert len(rows) == 11
    assert "21 more errors are not shown here" in rows[9]


def test_the_step_summary_stays_within_its_file() -> None:
    """What is left of a megabyte, and nothing where that is little."""
    many = [Judged(file=f"{n}.json", profile="x", findings=(sample.finding(),)) for n in range(20_000)]
    assert len(github.step_summary(many, already=500_000).encode()) < 1024 * 1024 - 500_000
    assert github.step_summary(many, already=1_000_000) == ""


def test_a_kind_of_fault_in_a_file_is_one_annotation() -> None:
    """However often it is there; the others are counted in it."""
    rows = github.whole([Judged(file="a.json", profile="x", findings=(sample.finding(),) * 3)]).splitlines()
    assert len(rows) == 2
    assert rows[0].endswith("%0Aand 2 more like it in this file")
