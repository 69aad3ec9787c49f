"""`nexdiag_faults`, and a run for each fault, in real inner pytests."""

from pathlib import Path

from for_serving import exchange, write
from inner_pytest import QUESTIONS, inner, recorded, told

EACH = (
    QUESTIONS
    + """
@pytest.mark.nexdiag(cassette="five.cassette.jsonl", faults="all", unplayed=True)
def test_each(nexdiag_replay, nexdiag_faults):
    assert len(nexdiag_faults) == 1
    try:
        say(QUESTIONS[0], url=nexdiag_replay, retries=1)
    except Exception:
        pass

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", faults="all", unplayed=True)
def test_in_process(nexdiag_cassette):
    try:
        say(QUESTIONS[0], retries=1)
    except Exception:
        pass
"""
)


def test_faults_all_is_a_run_for_each_fault_at_each_place(tmp_path: Path) -> None:
    """Named by the fault, so that one of them can be run alone; over HTTP, and in the process."""
    recorded(tmp_path)
    listed = inner(tmp_path, EACH, "--collect-only")
    assert "test_each[garble:" in listed.stdout, listed.stdout + listed.stderr
    assert listed.stdout.count("test_each[") == listed.stdout.count("test_in_process[") > 100
    alone = [line for line in listed.stdout.splitlines() if "[drop@1#0]" in line or "[no-done@1]" in line]
    done = inner(tmp_path, EACH, *alone)
    assert len(alone) >= 2
    assert f"{len(alone)} passed" in done.stdout, done.stdout


WRONG = """
import pytest

@pytest.mark.nexdiag(cassette="refused.cassette.jsonl", faults="all")
def test_it(nexdiag_replay): pass
"""
UNNAMED = """
import pytest

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", faults="all")
def test_it(): pass
"""


def test_faults_all_that_cannot_be_is_no_silent_skip(tmp_path: Path) -> None:
    """Where none can strike (all that was recorded is a refusal, for example), or the test names no fixture for it."""
    write(tmp_path / "refused.cassette.jsonl", exchange(0, "a", status=400))
    (tmp_path / "test_unnamed.py").write_text(UNNAMED)
    done = inner(tmp_path, WRONG)
    assert "2 errors" in done.stdout, done.stdout
    assert "no fault can strike an answer of refused.cassette.jsonl" in done.stdout
    assert "write: def test_it(nexdiag_cassette)" in done.stdout


ONE = (
    QUESTIONS
    + """
@pytest.mark.nexdiag(cassette="five.cassette.jsonl", faults=["status:429@1"], unplayed=True)
def test_struck(nexdiag_faults):
    assert [one.kind for one in nexdiag_faults] == ["status"]
    assert say(QUESTIONS[0], retries=1) == " beacon autumn granite copper"

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", faults="cut@2#1", unplayed=True)
def test_unstruck():
    say(QUESTIONS[0])
"""
)


def test_a_fault_strikes_in_process_too_and_one_that_strikes_nothing_is_told(tmp_path: Path) -> None:
    """A test that believes to have seen a fault proves nothing."""
    recorded(tmp_path)
    done = inner(tmp_path, ONE)
    assert "2 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "a fault has struck nothing" in told(done)["test_unstruck"]
