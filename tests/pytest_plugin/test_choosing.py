"""How a marker has its recording played."""

from inner_pytest import QUESTIONS, Gathered

SETTINGS = (
    QUESTIONS
    + """
CHANGED = QUESTIONS[0] | {"temperature": 0.125}

@pytest.mark.nexdiag(cassette="five.cassette.jsonl")
def test_set(nexdiag_replay):
    assert say(CHANGED, nexdiag_replay)

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", ignore="/seed", unplayed=True)
def test_both(nexdiag_replay):
    assert say(CHANGED | {"seed": 7}, nexdiag_replay)

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", ignore="/seed")
def test_in_process():
    assert say(CHANGED | {"seed": 7})

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", unplayed=False)
def test_marked(nexdiag_replay):
    assert say(QUESTIONS[0], nexdiag_replay)
"""
)
INNER = {
    "choosing/test_set.py": SETTINGS,
    "choosing/nexdiag.toml": '[replay]\nignore = ["/temperature"]\nunplayed = true\n',
    "choosing/wrong/test_misspelt.py": SETTINGS.partition(
        '\n@pytest.mark.nexdiag(cassette="five.cassette.jsonl", ignore'
    )[0],
    "choosing/wrong/nexdiag.toml": '[replay]\nignroe = ["/temperature"]\n',
}


def test_what_a_marker_leaves_open_the_settings_say(gathered: Gathered) -> None:
    """As for `nexdiag replay`: rules add up, and of all else the marker counts; over HTTP as in the process."""
    tests = gathered.done.of("choosing/test_set.py")
    assert {name: one.failed for name, one in tests.items()} == {
        "test_set": [], "test_both": [], "test_in_process": [], "test_marked": ["call"],
    }  # fmt: skip


def test_settings_that_cannot_be_read_are_told(gathered: Gathered) -> None:
    """By file and line: the tests that they are for fail."""
    (wrong,) = gathered.done.of("choosing/wrong/test_misspelt.py").values()
    assert wrong.failed == ["setup"]
    assert "nexdiag.toml:2" in wrong.told
