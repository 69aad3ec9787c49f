"""`nexdiag_replay`, in real inner pytests, with the real openai SDK."""

from pathlib import Path

from for_serving import body, exchange, write
from inner_pytest import QUESTIONS, SAY, Gathered, commands_are_run

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


NONE = (
    SAY
    + f"""
ASKED = {body("a")}
@pytest.mark.nexdiag(cassette="x.cassette.jsonl", faults="none")
def test_off(nexdiag_replay):
    assert say(ASKED, nexdiag_replay)

@pytest.mark.nexdiag(cassette="x.cassette.jsonl")
def test_on(nexdiag_replay):
    with pytest.raises(openai.BadRequestError):
        say(ASKED, nexdiag_replay)
"""
)
INNER = {"replay/test_replay.py": REPLAYS, "replay/none/test_none.py": NONE}
FILE = "replay/test_replay.py"


def prepare(root: Path) -> None:
    """A recording whose own scenario has a fault."""
    scenario = Scenario(name="s", say=(Say(text="a"),), faults=("status:400@1",))
    (root / "replay" / "none").mkdir(parents=True)
    write(root / "replay" / "none" / "x.cassette.jsonl", exchange(0, "a"), scenario=scenario)


def test_a_recording_answers_and_what_is_not_as_recorded_fails_the_test(gathered: Gathered) -> None:
    """A test fails at its end, not in its teardown."""
    tests = gathered.done.of(FILE)
    assert {name for name, one in tests.items() if not one.failed} == {"test_all", "test_refused_once"}
    assert {one for each in tests.values() for one in each.failed} == {"call"}
    assert len(tests) == 8


def test_what_was_not_as_recorded_says_what_to_look_at(gathered: Gathered) -> None:
    """The place, a file with what was asked, and what compares the two."""
    tests = gathered.done.of(FILE)
    assert "turn 2" in tests["test_unplayed"].told
    for name in ("test_unmatched", "test_unmatched_and_failed"):
        assert "/temperature" in tests[name].told
        assert "▶ five.cassette.jsonl" in tests[name].told
        assert "--turn" not in tests[name].told  # a replay of the recording would be as it was
        commands_are_run(gathered, tests[name].told, "five.cassette.jsonl")
        assert f"{name}.cassette.jsonl" in tests[name].told.partition("sent  ")[2]
    assert "no request came" in tests["test_unasked"].told
    assert "the fault cut@2#1 has struck nothing" in tests["test_unstruck"].told


def test_a_failure_of_its_own_has_what_we_know_beside_it(gathered: Gathered) -> None:
    """Neither hides the other."""
    tests = gathered.done.of(FILE)
    assert "InternalServerError" in tests["test_unmatched_and_failed"].told
    assert "in its own words" in tests["test_failed_by_itself"].told
    assert "Captured nexdiag call" in tests["test_failed_by_itself"].told
    assert "turn 2" in tests["test_failed_by_itself"].told


def test_a_marker_switches_the_faults_of_a_scenario_off(gathered: Gathered) -> None:
    """They are laid over the replay unless it does."""
    tests = gathered.done.of("replay/none/test_none.py")
    assert {name: one.failed for name, one in tests.items()} == {"test_off": [], "test_on": []}
