"""`nexdiag_replay`, in real inner pytests, with the real openai SDK."""

import json
from pathlib import Path

from for_serving import body, exchange, write
from inner_pytest import QUESTIONS, inner, recorded, told

from nexdiag.core.scenario import Say, Scenario

REPLAYS = (
    QUESTIONS
    + """
@pytest.mark.nexdiag(cassette="five.cassette.jsonl")
def test_all(nexdiag_replay):
    assert [say(one, nexdiag_replay) for one in QUESTIONS][0] == " beacon autumn granite copper"

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", faults=["status:429@1"], unplayed=True)
def test_refused_once(nexdiag_replay):
    assert say(QUESTIONS[0], nexdiag_replay, retries=1) == " beacon autumn granite copper"

@pytest.mark.nexdiag(cassette="five.cassette.jsonl")
def test_unplayed(nexdiag_replay):
    say(QUESTIONS[0], nexdiag_replay)

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", unplayed=True)
def test_unmatched(nexdiag_replay):
    with pytest.raises(openai.APIStatusError):
        say(QUESTIONS[0] | {"temperature": 0.125}, nexdiag_replay)

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", unplayed=True)
def test_unmatched_and_failed(nexdiag_replay):
    say(QUESTIONS[0] | {"temperature": 0.125}, nexdiag_replay)

@pytest.mark.nexdiag(cassette="five.cassette.jsonl")
def test_unasked(nexdiag_replay):
    pass

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", faults="cut@2#1", unplayed=True)
def test_unstruck(nexdiag_replay):
    say(QUESTIONS[0], nexdiag_replay)

@pytest.mark.nexdiag(cassette="five.cassette.jsonl")
def test_failed_by_itself(nexdiag_replay):
    say(QUESTIONS[0], nexdiag_replay)
    pytest.fail("in its own words")  # its failure is no Exception
"""
)


def test_a_recording_answers_and_what_is_not_as_recorded_fails_the_test(tmp_path: Path) -> None:
    """A test fails at its end, not in its teardown, and says what to look at; beside its own failure, if it has one."""
    recorded(tmp_path)
    done = inner(tmp_path, REPLAYS, "--strict-markers", "-W", "error", "-rA")
    said = done.stdout
    assert "6 failed, 2 passed" in said, said + done.stderr
    for name in ("all", "refused_once"):
        assert f"PASSED test_inner.py::test_{name}" in said
    assert "ERROR" not in said
    why = told(done)
    assert "turn 2" in why["test_unplayed"]
    for name in ("test_unmatched", "test_unmatched_and_failed"):
        assert "/temperature" in why[name]
        assert "repro      nexdiag replay five.cassette.jsonl --turn 1" in why[name]
        assert f"{name}.cassette.jsonl" in why[name].partition("sent  ")[2]
    assert "InternalServerError" in why["test_unmatched_and_failed"]
    assert "no request came" in why["test_unasked"]
    assert "the fault cut@2#1 has struck nothing" in why["test_unstruck"]
    assert "in its own words" in why["test_failed_by_itself"]
    assert "Captured nexdiag call" in why["test_failed_by_itself"]
    assert "turn 2" in why["test_failed_by_itself"]


NONE = (
    QUESTIONS
    + """
@pytest.mark.nexdiag(cassette="x.cassette.jsonl", faults="none")
def test_off(nexdiag_replay):
    assert say(QUESTIONS[0], nexdiag_replay)

@pytest.mark.nexdiag(cassette="x.cassette.jsonl")
def test_on(nexdiag_replay):
    with pytest.raises(openai.BadRequestError):
        say(QUESTIONS[0], nexdiag_replay)
"""
)


def test_a_marker_switches_the_faults_of_a_scenario_off(tmp_path: Path) -> None:
    """They are laid over the replay unless it does."""
    scenario = Scenario(name="s", say=(Say(text="a"),), faults=("status:400@1",))
    write(tmp_path / "x.cassette.jsonl", exchange(0, "a"), scenario=scenario)
    (tmp_path / "questions.jsonl").write_text(json.dumps(body("a")))
    done = inner(tmp_path, NONE)
    assert "2 passed" in done.stdout, done.stdout
