"""What weighs in a report, as findings."""

from report.run import sample as made

from nexdiag.report.run.told import FAILED, LOGGED, UNMET, told
from nexdiag.report.summary import run_facts


def test_whatever_fails_the_command_is_among_them() -> None:
    """Also errors of the log and what was expected in vain; a healthy run has nothing of weight."""
    report = made.single(made.logged())
    (one,) = told(report)
    assert {finding.rule for finding in one.findings} >= {LOGGED, UNMET}
    for report in (made.several(), made.hostile(), made.single(made.healthy())):
        for run, one in zip(report.runs, told(report), strict=False):
            assert run_facts(run).weighs == any(finding.weighs for finding in one.findings)


def test_a_failure_that_no_rule_explains_is_one() -> None:
    """In the words of the server."""
    from report import sample  # noqa: PLC0415 - beside the other of that name

    tape = sample.Tape()
    tape.ask([sample.user("a")], sample.refused(400, "no such thing"), 0, 1)
    (one,) = told(made.single(sample.run("r", tape, ())))
    assert [(finding.rule, finding.location.turn) for finding in one.findings] == [(FAILED, 1)]
    assert "no such thing" in one.findings[0].summary


def test_what_was_not_checked_stands_with_its_file_or_last() -> None:
    """It is never lost."""
    report = made.several()
    assert [text for one in told(report) for text in one.unchecked] == list(report.unchecked)
