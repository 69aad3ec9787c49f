"""Promises of nexdiag.report.summary."""

import msgspec
import pytest
from report import sample

from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Report, Run
from nexdiag.core.turn import LogLine
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


def _logging(run: Run, *lines: LogLine) -> Run:
    cassette = msgspec.structs.replace(run.cassette, log=(*run.cassette.log, *lines))
    return msgspec.structs.replace(run, cassette=cassette)


def test_errors_that_the_log_tells_are_no_pass() -> None:
    """A run whose every turn was answered, and whose log holds errors, is warned of, and weighs."""
    facts = run_facts(_logging(HEALTHY, sample.log(1.5, "it went wrong", "ERROR", 1), sample.log(2, "dead", "FATAL")))
    assert (facts.verdict.word, facts.verdict.sentence) == ("warned", "2 turns answered; 2 errors logged")
    assert facts.counts.errors_logged == 2
    assert facts.weighs
    assert not run_facts(HEALTHY).weighs
    torn = msgspec.structs.replace(facts.run, cassette=msgspec.structs.replace(facts.run.cassette, tear="line 3"))
    assert run_facts(torn).verdict.sentence.endswith("2 errors logged")


def test_what_was_expected_and_did_not_hold_fails_the_run() -> None:
    """Every turn was answered, but not as the scenario wanted: the recording knows, and is never green."""
    told = LogLine(at=sample.START, text="expected: the answer lacks 'blue'", level="ERROR", source="nexdiag", turn=2)
    facts = run_facts(_logging(HEALTHY, told))
    assert facts.verdict.word == "failed"
    assert facts.verdict.sentence == "turn 2 of 2 was not as expected: the answer lacks 'blue'"
    assert (facts.counts.unmet, facts.counts.errors_logged) == (1, 0)
    assert facts.weighs


def test_an_aside_is_not_the_cause_of_what_happened_in_a_turn() -> None:
    """Embeddings that the server does not have, asked for outside any turn, explain no turn."""
    tape = sample.Tape()
    tape.ask([sample.user("embed")], sample.refused(501, "not supported"), 0, None)
    aside = msgspec.structs.replace(ERROR, code="NX001", location=Location(exchange=0))
    within = msgspec.structs.replace(WARNING, location=Location(turn=2))
    run = sample.run("embeddings", tape, HEALTHY.cassette.turns, findings=(aside, within))
    assert run_facts(run).cause is within
    assert run_facts(msgspec.structs.replace(run, findings=(aside,))).cause is aside
    whole = msgspec.structs.replace(ERROR, location=Location())
    assert run_facts(msgspec.structs.replace(run, findings=(whole, within))).cause is whole
