"""Where the files of a drift stand."""

from pathlib import Path

from drifting import corpus, written

from nexdiag.report.drift.wording import place
from nexdiag.runner.drifting.placed import placed
from nexdiag.runner.drifting.sides import baseline, compared


def test_a_file_of_a_corpus_is_found_from_the_top_of_the_repository(tmp_path: Path) -> None:
    """Also where both sides call theirs the same; of a stored shape, it is the file that holds it."""
    (tmp_path / ".git").mkdir()
    old = written(tmp_path / "old", a=corpus(3))
    new = written(tmp_path / "deep" / "new", a=corpus(3, lambda made, at: made.update(created="now" if at else 1)))
    drift = compared([old], [new])
    (change,) = drift.changes
    assert change.first is not None
    assert (change.first.file, change.first.exchange) == ("a.cassette.jsonl", 1)
    file, line = place(change, drift, placed(drift, tmp_path))
    assert file == "deep/new/a.cassette.jsonl"
    assert (new / "a.cassette.jsonl").read_text().splitlines()[line - 1].startswith('{"exchange":1')
    (tmp_path / "new.json").write_bytes(baseline([new]))
    drift = compared([old], [tmp_path / "new.json"])
    assert place(drift.changes[0], drift, placed(drift, tmp_path)) == ("new.json", 1)
