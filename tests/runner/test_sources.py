"""What a report may say of places in files."""

from pathlib import Path

import pytest

from nexdiag.runner.sources import lines_of, path_of, sources

ROOT = Path(__file__).parents[2]
RECORDING = "cassettes/llama.cpp/incident-pushed-warning.cassette.jsonl"


def test_a_path_is_told_from_the_top_of_the_repository(tmp_path: Path) -> None:
    """From wherever the command was typed; of what is outside, nothing."""
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    here = tmp_path / "repo" / "below"
    here.mkdir()
    assert path_of(Path("../a/b.jsonl"), here) == "a/b.jsonl"
    assert path_of(tmp_path / "repo" / "c", here) == "c"
    assert path_of(tmp_path / "d", here) == path_of(Path("\0"), here) == ""
    assert path_of(Path("e"), tmp_path) == "e"


def test_an_exchange_is_found_on_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a recording of ours by its number, in exchanges as JSON Lines by its place."""
    monkeypatch.chdir(ROOT)
    lines = lines_of(Path(RECORDING))
    texts = Path(RECORDING).read_text().splitlines()
    assert sorted(lines) == [0, 1, 2, 3, 4]
    assert all(texts[line - 1].startswith(f'{{"exchange":{number}') for number, line in lines.items())
    bare = tmp_path / "some.jsonl"
    bare.write_text('{"request":{}}\n\n{"request":{}}\n')
    assert lines_of(bare) == {0: 1, 1: 3}
    assert lines_of(tmp_path / "nowhere") == {}


def test_rules_bring_their_pages(tmp_path: Path) -> None:
    """What is no rule's to find has none."""
    told = sources([RECORDING, "nowhere"], ["role-alternation", "error-logged"], tmp_path)
    assert list(told.pages) == ["role-alternation"]
    assert "role-alternation" in told.pages["role-alternation"]
