"""Promises of `nexdiag.core.run`."""

from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Report, Run


def test_a_report_begins_with_nothing_unchecked() -> None:
    """What was skipped has to be said: it is never left out by default values elsewhere."""
    run = Run(name="n", cassette=Cassette(header=Header()), profile="p")
    report = Report(title="t", runs=(run,))
    assert report.unchecked == ()
    assert (run.session, run.findings, run.differences, run.replayed) == (None, (), (), ())


def test_a_verdict_without_differences_says_so() -> None:
    """An exact turn has none, and no note."""
    verdict = TurnVerdict(number=1, said="hi", outcome="exact")
    assert (verdict.differences, verdict.note) == ((), "")
