"""How a marker has its recording played."""

from pathlib import Path

from inner_pytest import QUESTIONS, inner, recorded

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


def test_what_a_marker_leaves_open_the_settings_say(tmp_path: Path) -> None:
    """As for `nexdiag replay`: rules add up, and of all else the marker counts; over HTTP as in the process."""
    recorded(tmp_path)
    (tmp_path / "nexdiag.toml").write_text('[replay]\nignore = ["/temperature"]\nunplayed = true\n')
    done = inner(tmp_path, SETTINGS)
    assert "1 failed, 3 passed" in done.stdout, done.stdout
    assert "FAILED test_inner.py::test_marked" in done.stdout
    (tmp_path / "nexdiag.toml").write_text('[replay]\nignroe = ["/temperature"]\n')
    wrong = inner(tmp_path, SETTINGS)
    assert "4 errors" in wrong.stdout
    assert "nexdiag.toml:2" in wrong.stdout
