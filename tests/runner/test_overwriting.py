"""What is written never takes the place of what is read."""

from pathlib import Path

import pytest

from nexdiag.cli.app import run
from nexdiag.core.errors import UsageError
from nexdiag.runner.overwriting import keep_apart

ROOT = Path(__file__).parents[2]


@pytest.fixture
def read(tmp_path: Path) -> Path:
    """A recording in a directory, with links to it from elsewhere, and a link in the directory to elsewhere."""
    kept = tmp_path / "kept"
    kept.mkdir()
    recording = kept / "a.cassette.jsonl"
    recording.write_bytes(next((ROOT / "cassettes").rglob("*.cassette.jsonl")).read_bytes())
    (tmp_path / "link").symlink_to(recording)
    (tmp_path / "hard").hardlink_to(recording)
    (tmp_path / "outside").write_text("x")
    (kept / "b.cassette.jsonl").symlink_to(tmp_path / "outside")
    return recording


@pytest.mark.parametrize("name", ["kept/a.cassette.jsonl", "kept/../kept/a.cassette.jsonl", "link", "hard", "kept"])
@pytest.mark.parametrize("what", ["kept", "kept/a.cassette.jsonl"])
def test_what_is_read_is_known_by_each_of_its_names(read: Path, tmp_path: Path, name: str, what: str) -> None:
    """By name, by a link of either kind, and within a directory; a directory is no file."""
    assert read.exists()
    with pytest.raises(UsageError):
        keep_apart(tmp_path / name, [tmp_path / what])


@pytest.mark.parametrize(
    ("name", "fine"), [("outside", False), ("kept/new.cassette.jsonl", False), ("kept/page.html", True), ("new", True)]
)
def test_a_directory_keeps_its_recordings(read: Path, tmp_path: Path, name: str, fine: bool) -> None:
    """Those that links in it lead to, and those that would be read the next time; a report may stand beside them."""
    if fine:
        keep_apart(tmp_path / name, [read.parent, Path("-")])
        keep_apart(None, [read.parent])
    else:
        with pytest.raises(UsageError, match="would overwrite what is judged"):
            keep_apart(tmp_path / name, [read.parent], what="what is judged")


@pytest.mark.parametrize(
    "command",
    [
        ["lint", "SRC"],
        ["report", "SRC"],
        ["report", "SRC", "--format", "md"],
        ["report", "SRC", "--curl", "1"],
        ["report", "SRC", "--bundle", "--force"],
        ["diff", "SRC", "SRC"],
        ["drift", "SRC"],
    ],
)
def test_every_command_that_reads_recordings_refuses(read: Path, tmp_path: Path, command: list[str]) -> None:
    """With exit 2, and the recording is as it was."""
    before = read.read_bytes()
    said = [str(read) if word == "SRC" else word for word in command]
    assert run([*said, "-o", str(tmp_path / "hard")]) == UsageError.exit_code
    assert run([*said, "-o", str(tmp_path / "link")]) == UsageError.exit_code
    assert read.read_bytes() == before
