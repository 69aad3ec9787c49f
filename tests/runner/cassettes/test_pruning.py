"""A recording's file → a smaller one."""

from pathlib import Path

import pytest
from kept import recording

from nexdiag.codec import cassette as codec
from nexdiag.core.errors import CassetteError
from nexdiag.runner.cassettes.prune import Keep
from nexdiag.runner.cassettes.pruning import prune_file
from nexdiag.runner.load import load

RAW = codec.encode(recording("hello", "which day", "bye"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.cassette.jsonl"
    path.write_bytes(RAW)
    return path


def test_what_was_left_out_is_told(path: Path) -> None:
    done = prune_file(path, Keep(turns="1", log=False), path.with_name("b.cassette.jsonl"))
    assert done.dropped == (
        "left out 2 of 3 turns",
        "left out 3 of 4 exchanges",
        "left out 1 of 1 tool run",
        "left out 3 of 3 log lines",
    )
    assert (done.before, done.after) == (len(RAW), done.path.stat().st_size)
    assert path.read_bytes() == RAW
    assert load(done.path).turns[0].said == "hello"


def test_a_torn_end_is_told(path: Path) -> None:
    path.write_bytes(RAW[:-30])
    done = prune_file(path, Keep(tools=False), path.with_name("b.cassette.jsonl"))
    assert done.dropped[-1].startswith("left out the torn end: line ")
    assert load(done.path).tear is None


def test_lines_of_a_later_version_are_told(path: Path) -> None:
    """They cannot be carried over; a file without anything to leave out says so."""
    done = prune_file(path, Keep(turns="1-"), path.with_name("b.cassette.jsonl"))
    assert done.dropped == ("left out nothing: all of it was wanted",)
    path.write_bytes(RAW + b'{"later":1}\n\n')
    done = prune_file(path, Keep(turns="1-"), path.with_name("c.cassette.jsonl"))
    assert done.dropped == ("left out 1 line of a later version of nexdiag",)


def test_in_place_the_old_one_is_kept(path: Path) -> None:
    done = prune_file(path, Keep(turns="2"), None)
    assert done.backup is not None
    assert done.backup.read_bytes() == RAW
    assert [turn.number for turn in load(path).turns] == [2]


def test_a_broken_file_is_not_pruned(path: Path) -> None:
    """What it holds is not known: it is mended first."""
    path.write_bytes(RAW[:500] + RAW[600:])
    with pytest.raises(CassetteError, match="broken at line"):
        prune_file(path, Keep(log=False), None)
    assert not path.with_name(path.name + ".bak").exists()
