"""Promises of nexdiag.report.sections."""

import msgspec
from report import sample

from nexdiag.core.difference import Difference
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Report
from nexdiag.report.sections import masthead, run_cards, run_section, unchecked
from nexdiag.report.summary import headline, run_facts


def test_a_run_reads_without_scripts() -> None:
    """Verdict, cause with place, words, log line and fix, other findings and counts stand in the plain page."""
    page = run_section(run_facts(sample.alternation()), 2)
    for part in ("Failed", "NX101", "role-alternation", "turn 2, exchange 1, messages[4]", "must alternate",
                 "Daemon log at 12:00:06.104",
                 "Join the warning", "NX702", "3 (1 retried)", "Here because"):  # fmt: skip
        assert part in page, part
    assert 'id="run-2/finding-1"' in page


def test_tears_and_differences_are_shown() -> None:
    """A torn recording says so, and each difference has a row."""
    page = run_section(run_facts(sample.stream_options()), 1)
    assert "The recording is torn: line 9" in page
    assert "/stream_options" in page
    assert "(absent)" in page


def test_replayed_turns_are_told() -> None:
    """Each turn of a rerun that did not come out exact is named with its note and its differences."""
    turn = TurnVerdict(
        number=2, said="", outcome="changed", note="nearest is exchange 1", differences=(Difference(pointer="/model"),)
    )
    page = run_section(run_facts(msgspec.structs.replace(sample.healthy(), replayed=(turn,))), 1)
    assert "turn 2 changed: nearest is exchange 1" in page
    assert "/model" in page


def test_cards_link_to_their_runs() -> None:
    """Each run has a card with its verdict in words, which is a plain link."""
    cards = run_cards(tuple(run_facts(run) for run in sample.sample_report().runs))
    assert cards.count("<a ") == 5
    assert 'href="#run-5"' in cards
    assert cards.count("Failed") == 4


def test_the_masthead_and_the_foot() -> None:
    """The report's name, its verdict over all runs, and what was not checked are said."""
    report = sample.sample_report()
    head = masthead(report, headline(report, tuple(run_facts(run) for run in report.runs)))
    assert "The second message broke" in head
    assert "1 of 2 runs passed" in head
    assert "session rules skipped" in unchecked(report)
    assert "Not checked" not in unchecked(Report(title="", runs=()))


def test_what_the_log_says_is_told_without_scripts() -> None:
    """Its errors and what did not hold stand in the plain page, counted and with their turns."""
    page = run_section(run_facts(sample.logged()), 1)
    assert "1 expectation not met, 1 error logged" in page
    assert "turn 1: ERROR daemon: it went wrong … RuntimeError: no more" in page
    assert "turn 2: expected: the answer lacks" in page
    assert "logged" not in run_section(run_facts(sample.healthy()), 1)
