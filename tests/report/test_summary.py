"""Promises of nexdiag.report.summary."""

import msgspec
import pytest
from report import sample

from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding, Severity
from nexdiag.core.run import Report, Run, TurnVerdict
from nexdiag.report.summary import headline, refusal_phrase, run_facts

_COUNTED = "1 of 2 runs passed, 1 failed, 3 faults shown on purpose, each found, 1 check skipped"
HEALTHY = sample.healthy()
WARNING = Finding(rule="r", code="NX1", severity=Severity.WARNING, summary="")
ERROR = Finding(rule="r", code="NX1", severity=Severity.ERROR, summary="")


@pytest.mark.parametrize(
    ("run", "word", "sentence"),
    [
        (HEALTHY, "passed", "2 turns answered, no findings of weight"),
        (sample.alternation(), "failed", "turn 2 of 2 failed: NX101 role-alternation"),
        (msgspec.structs.replace(HEALTHY, findings=(WARNING,)), "warned", "2 turns answered; 1 warning"),
        (msgspec.structs.replace(HEALTHY, findings=(ERROR,)), "failed", "every turn was answered, yet NX1 r"),
        (
            msgspec.structs.replace(HEALTHY, differences=(Difference(pointer="/a"),)),
            "differs",
            "2 turns answered; 1 difference",
        ),
        (
            msgspec.structs.replace(HEALTHY, replayed=(TurnVerdict(number=2, said="", outcome="missing"),)),
            "differs",
            "2 turns answered; turn 2 missing in replay",
        ),
        (Run(name="", profile="", cassette=Cassette(header=Header())), "empty", "nothing was recorded"),
        (Run(name="", profile="", cassette=Cassette(header=Header()), findings=(ERROR,)), "failed", "found NX1 r"),
    ],
)  # fmt: skip
def test_verdicts(run: Run, word: str, sentence: str) -> None:
    """The worst of a run is its verdict, and one sentence says why."""
    verdict = run_facts(run).verdict
    assert (verdict.word, verdict.sentence) == (word, sentence)


def test_a_torn_recording_never_passes() -> None:
    """What could not be read to its end is not called passed."""
    torn = msgspec.structs.replace(HEALTHY, cassette=msgspec.structs.replace(HEALTHY.cassette, tear="line 3"))
    assert run_facts(torn).verdict.word == "torn"


def test_an_unexplained_failure_is_called_so() -> None:
    """A failed turn without a finding is a failure that no rule explains."""
    run = msgspec.structs.replace(sample.alternation(), findings=())
    assert run_facts(run).verdict.sentence == "turn 2 of 2 failed, and no rule explains it"


def test_counts() -> None:
    """Everything is counted once."""
    counts = run_facts(sample.alternation()).counts
    assert (counts.turns, counts.exchanges, counts.retries, counts.messages) == (2, 3, 1, 5)
    assert (counts.input_tokens, counts.log_lines, counts.errors, counts.warnings) == (1200, 6, 1, 1)
    assert counts.duration == pytest.approx(6.95)


def test_the_cause_is_no_mere_remark() -> None:
    """A run with remarks alone has no cause."""
    remark = Finding(rule="r", code="NX1", severity=Severity.INFO, summary="")
    assert run_facts(msgspec.structs.replace(HEALTHY, findings=(remark,))).cause is None


def test_the_log_line_near_a_finding() -> None:
    """The first loud line during or just after the exchange is the one to read, not one from before."""
    facts = run_facts(sample.alternation())
    assert facts.cause is not None
    near = facts.log_near(facts.cause)
    assert near is not None
    assert near.text.startswith("HTTP 400")
    assert refusal_phrase(facts, facts.cause) == "refused by sglang after 4 ms"


def test_the_headline_counts_runs_and_skips() -> None:
    """Over many runs the headline says how many passed, failed, and what was skipped."""
    report = sample.sample_report()
    verdict = headline(report, tuple(run_facts(run) for run in report.runs))
    assert (verdict.word, verdict.sentence) == ("failed", _COUNTED)
    assert headline(Report(title="", runs=()), ()).word == "empty"


def test_a_fault_shown_on_purpose_does_not_fail_the_report() -> None:
    """Runs that are expected to fail, and do, are counted apart; one that fails unexpectedly still counts."""
    report = sample.sample_report()
    runs = [msgspec.structs.replace(run, expected="on purpose" if run.findings else "") for run in report.runs]
    verdict = headline(msgspec.structs.replace(report, unchecked=()), tuple(run_facts(run) for run in runs))
    assert (verdict.word, verdict.sentence) == ("passed", "1 of 1 run passed, 4 faults shown on purpose, each found")
    runs = [msgspec.structs.replace(run, expected="") for run in runs]
    assert headline(report, tuple(run_facts(run) for run in runs)).word == "failed"
