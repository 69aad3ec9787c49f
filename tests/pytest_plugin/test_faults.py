"""`nexdiag_faults`, and a run for each fault, in real inner pytests."""

from pathlib import Path

from for_serving import exchange, write
from inner_pytest import QUESTIONS, Gathered

EACH = """
import httpx, pytest

def say(url):
    asked = {"model": "m", "messages": [{"role": "user", "content": "a"}]}
    try:
        httpx.post(url + "/v1/chat/completions", json=asked, timeout=0.3)
    except httpx.HTTPError:
        pass

@pytest.mark.nexdiag(cassette="one.cassette.jsonl", faults="all", unplayed=True)
def test_each(nexdiag_replay, nexdiag_faults):
    (fault,) = nexdiag_faults
    say(nexdiag_replay)

@pytest.mark.nexdiag(cassette="one.cassette.jsonl", faults="all", unplayed=True)
def test_in_process(nexdiag_cassette, nexdiag_faults):
    (fault,) = nexdiag_faults
    say("http://model.example:8000")
"""
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

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", faults="status:429@1", unplayed=True)
def test_in_process():
    say(QUESTIONS[0])

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", faults="status:429@1", unplayed=True)
def test_over_http(nexdiag_replay):
    say(QUESTIONS[0], nexdiag_replay)
"""
)
INNER = {
    "faults/test_each.py": EACH,
    "faults/test_one.py": ONE,
    "faults/wrong/test_none_can.py": WRONG,
    "faults/wrong/test_unnamed.py": UNNAMED,
}


def prepare(root: Path) -> None:
    """An answer for each fault to strike, and a refusal, which none does."""
    (root / "faults" / "wrong").mkdir(parents=True)
    write(root / "faults" / "one.cassette.jsonl", exchange(0, "a"))
    write(root / "faults" / "wrong" / "refused.cassette.jsonl", exchange(0, "a", status=400, answer="no"))


def test_faults_all_is_a_run_for_each_fault_at_each_place(gathered: Gathered) -> None:
    """Named by the fault, so that one of them can be run alone; over HTTP, and in the process."""
    tests = gathered.done.of("faults/test_each.py")
    each, in_process = (
        [name[len(one) :] for name in tests if name.startswith(one)] for one in ("test_each", "test_in_process")
    )
    assert each == in_process
    assert {"[drop@1#0]", "[status:500@1]"} <= {*each}
    assert not any(one.failed for one in tests.values())


def test_faults_all_that_cannot_be_is_no_silent_skip(gathered: Gathered) -> None:
    """Where none can strike (all that was recorded is a refusal, for example), or the test names no fixture for it."""
    none = gathered.done.tests["faults/wrong/test_none_can.py"]
    unnamed = gathered.done.tests["faults/wrong/test_unnamed.py"]
    assert none.failed == unnamed.failed == ["collect"]
    assert "no fault can strike an answer of refused.cassette.jsonl" in none.told
    assert "write: def test_it(nexdiag_cassette)" in unnamed.told


def test_a_fault_strikes_in_process_too_and_one_that_strikes_nothing_is_told(gathered: Gathered) -> None:
    """A test that believes to have seen a fault proves nothing."""
    tests = gathered.done.of("faults/test_one.py")
    assert {name: one.failed for name, one in tests.items() if one.failed} == {
        "test_unstruck": ["teardown"], "test_in_process": ["call"], "test_over_http": ["call"],
    }  # fmt: skip
    for name in ("test_in_process", "test_over_http"):
        assert "fault      status:429@1\n" in tests[name].told
        assert f"again      pytest faults/test_one.py::{name}" in tests[name].told
    assert "a fault has struck nothing" in tests["test_unstruck"].told
