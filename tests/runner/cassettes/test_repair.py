"""A damaged recording → a whole one."""

from pathlib import Path

import pytest
from kept import recording

from nexdiag.codec import cassette as codec
from nexdiag.core.errors import CassetteError
from nexdiag.runner.cassettes.repair import beside, repair
from nexdiag.runner.load import load

RAW = codec.encode(recording("hello", "which day", "bye"))


@pytest.fixture
def torn(tmp_path: Path) -> Path:
    path = tmp_path / "torn.cassette.jsonl"
    path.write_bytes(RAW[:-30])
    return path


def test_a_torn_tail_is_taken_off_beside_the_file(torn: Path) -> None:
    """The original is not touched; the new one is whole and private."""
    done = repair(torn)
    assert done.path == beside(torn) == torn.with_name("torn.repaired.cassette.jsonl")
    assert torn.read_bytes() == RAW[:-30]
    assert load(done.path).tear is None
    assert len(load(done.path).exchanges) == done.exchanges == 4
    assert [one.line for one in done.left_out] == [RAW.count(b"\n")]
    with pytest.raises(CassetteError, match="it exists"):
        repair(torn)


def test_in_place_the_old_one_is_kept(torn: Path) -> None:
    done = repair(torn, in_place=True)
    assert done.backup is not None
    assert done.backup.read_bytes() == RAW[:-30]
    assert load(torn).tear is None


def test_a_whole_file_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written, wherever it was to go."""
    path = tmp_path / "whole.cassette.jsonl"
    path.write_bytes(RAW)
    for output, in_place in ((None, False), (tmp_path / "out", False), (None, True)):
        done = repair(path, output, in_place=in_place)
        assert (done.path, done.left_out) == (None, ())
    assert list(tmp_path.iterdir()) == [path]


def test_what_holds_nothing_of_a_cassette_is_told(tmp_path: Path) -> None:
    path = tmp_path / "readme"
    path.write_text("# hello\n")
    with pytest.raises(CassetteError, match="no cassette"):
        repair(path, in_place=True)
    assert path.read_text() == "# hello\n"
