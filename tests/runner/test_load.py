"""Reading cassettes from disk."""

from pathlib import Path

import pytest

from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError, NothingToDo
from nexdiag.runner.load import find, load


def test_a_cassette_knows_its_file(tmp_path: Path) -> None:
    """What is loaded carries the name of its file, for reports."""
    path = tmp_path / "a.cassette.jsonl"
    path.write_bytes(codec.encode(Cassette(header=Header(model="m"))))
    assert load(path).header.model == "m"
    assert load(str(path)).name == str(path)


@pytest.mark.parametrize("kind", ["missing", "directory", "empty", "foreign"])
def test_what_is_no_cassette_is_a_cassette_error(tmp_path: Path, kind: str) -> None:
    """A file that is not there, not readable or something else is told in one line, with a hint."""
    path = tmp_path / "a.cassette.jsonl"
    if kind == "directory":
        path.mkdir()
    elif kind != "missing":
        path.write_text("" if kind == "empty" else "interactions:\n- request: {}\n")
    with pytest.raises(CassetteError) as told:
        load(path)
    assert str(path) in told.value.what
    assert "\n" not in told.value.what
    assert told.value.hint


def test_a_directory_stands_for_the_cassettes_below_it(tmp_path: Path) -> None:
    """All of them, sorted; a directory without any is nothing to do."""
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.cassette.jsonl").touch()
    (tmp_path / "notes.jsonl").touch()
    assert [path.parent.name for path in find([tmp_path])] == ["a", "b"]
    with pytest.raises(NothingToDo):
        find(
            [tmp_path / "a" / "none", tmp_path / "a"]
            if (tmp_path / "a" / "none").mkdir()
            else [tmp_path / "a" / "none"]
        )


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("a.yaml", "interactions: []\n", "nexdiag convert {0}/a.yaml {0}/a.cassette.jsonl"),
        ("a.har", '{"log": {}}', "nexdiag convert {0}/a.har {0}/a.cassette.jsonl"),
        ("a.jsonl", '{"foo": 1}', "nexdiag convert A B.cassette.jsonl"),
    ],
)
def test_a_recording_of_another_tool_is_told_how_to_be_converted(
    tmp_path: Path, name: str, text: str, hint: str
) -> None:
    """The command stands in the hint."""
    (tmp_path / name).write_text(text)
    with pytest.raises(CassetteError) as told:
        load(tmp_path / name)
    assert hint.format(tmp_path) in (told.value.hint or "")
