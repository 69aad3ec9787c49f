"""git shows recordings as text."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from kept import NOON, recording

from nexdiag.codec import cassette as codec
from nexdiag.core.errors import NexdiagError, UsageError
from nexdiag.runner.cassettes.git import ATTRIBUTES, set_up

HERE = f"{shlex.quote(sys.executable)} -m nexdiag"
DOCS = Path(__file__).parents[3] / "docs" / "how-to" / "cassettes-in-git.md"
SHIPPED = Path(__file__).parents[3] / ".gitattributes"


def git(directory: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    git(tmp_path, "init", "-q")
    return tmp_path


def commit(repository: Path, *said: str, start: float = NOON) -> None:
    (repository / "chat.cassette.jsonl").write_bytes(codec.encode(recording(*said, start=start)))
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "x")


def test_a_diff_shows_the_message_that_was_added(repository: Path) -> None:
    """The real git, the real command: the new turn comes as `+` lines, and the JSON of the file does not."""
    assert len(set_up(repository, program=HERE)) == 3
    commit(repository, "hello", "which day")
    commit(repository, "hello", "which day", "and tomorrow?", start=NOON + 86400)
    diff = git(repository, "diff", "HEAD~1", "HEAD")
    assert "+   | and tomorrow?" in diff.splitlines()
    assert "+     | AND TOMORROW?" in diff.splitlines()
    changed = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert all(line.startswith("+") for line in changed)
    assert '{"link"' not in diff
    assert "@@ turn 2" in diff


def test_setting_up_twice_changes_nothing(repository: Path) -> None:
    """From any directory of the repository; what stood in .gitattributes stays."""
    (repository / ".gitattributes").write_text("*.png binary")
    below = repository / "a" / "b"
    below.mkdir(parents=True)
    assert set_up(below, program=HERE)
    assert set_up(repository, program=HERE) == []
    assert (repository / ".gitattributes").read_text() == f"*.png binary\n{ATTRIBUTES}\n"


def test_two_branches_are_not_merged_line_by_line(repository: Path) -> None:
    """A conflict leaves our side whole instead of a file with marks in it."""
    set_up(repository, program=HERE)
    commit(repository, "hello")
    git(repository, "checkout", "-q", "-b", "other")
    commit(repository, "hello", "theirs")
    git(repository, "checkout", "-q", "-")
    commit(repository, "hello", "ours")
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "merge", "-q", "other")
    kept = codec.decode((repository / "chat.cassette.jsonl").read_bytes())
    assert [turn.said for turn in kept.turns] == ["hello", "ours"]


def test_line_ends_stay_what_they_are(repository: Path) -> None:
    """Also where git turns them into those of another system."""
    set_up(repository, program=HERE)
    git(repository, "config", "core.autocrlf", "true")
    commit(repository, "hello")
    path = repository / "chat.cassette.jsonl"
    raw = path.read_bytes()
    path.unlink()
    git(repository, "checkout", "--", "chat.cassette.jsonl")
    assert path.read_bytes() == raw


def test_outside_a_repository_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="in no git repository"):
        set_up(tmp_path)
    with pytest.raises(UsageError, match=r"cannot be run|not installed"):
        set_up(tmp_path / "gone")


def test_a_file_that_cannot_be_written_names_the_line(repository: Path) -> None:
    (repository / ".gitattributes").mkdir()
    with pytest.raises(NexdiagError) as error:
        set_up(repository, program=HERE)
    assert ATTRIBUTES in error.value.hint


def test_the_docs_tell_the_same_settings(repository: Path) -> None:
    """What a reader types by hand is what the command sets."""
    set_up(repository, program="nexdiag")
    told = DOCS.read_text()
    for name in ("textconv", "xfuncname"):
        value = git(repository, "config", f"diff.nexdiag.{name}").strip()
        assert f'git config diff.nexdiag.{name} "{value}"\n' in told
    assert f'echo "{ATTRIBUTES}" >> .gitattributes' in told


def test_this_repository_uses_the_same_line() -> None:
    assert ATTRIBUTES in SHIPPED.read_text().splitlines()
