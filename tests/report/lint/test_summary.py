"""What all that was judged comes to."""

from report.lint import sample

from nexdiag.core.judged import Judged
from nexdiag.report.lint.formats import FORMATS
from nexdiag.report.lint.summary import ranked, sentence


def test_it_counts_files_findings_and_what_was_not_checked() -> None:
    """What was not checked is never left out."""
    assert sentence(sample.several()).startswith("4 files: 2 errors, 1 warning, 1 remark; 2 not checked")
    assert sentence([Judged(file="a", profile="x", findings=())]) == "1 file: no findings"


def test_errors_come_first() -> None:
    """Whatever file they are in."""
    assert [found.severity for _, found in ranked(sample.several())] == ["error", "error", "warning", "info"]


def test_what_is_allowed_is_counted_in_every_format() -> None:
    """A format that says nothing of it would hide what a scenario sets aside."""
    judged = [Judged(file="a", profile="x", findings=(), allowed=(sample.finding(), sample.finding()))]
    assert sentence(judged) == "1 file: no findings; 2 allowed by a scenario"
    for form in ("text", "json", "github", "junit", "sarif", "md", "html"):
        assert "allowed" in FORMATS[form](judged)
