"""What all that was judged comes to."""

from report.lint import sample

from nexdiag.core.judged import Judged
from nexdiag.report.lint.summary import ranked, sentence


def test_it_counts_files_findings_and_what_was_not_checked() -> None:
    """What was not checked is never left out."""
    assert sentence(sample.several()) == "4 files: 2 errors, 1 warning, 1 remark; 2 not checked"
    assert sentence([Judged(file="a", profile="x", findings=())]) == "1 file: no findings"


def test_errors_come_first() -> None:
    """Whatever file they are in."""
    assert [found.severity for _, found in ranked(sample.several())] == ["error", "error", "warning", "info"]
