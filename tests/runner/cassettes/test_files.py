"""Recordings on disk: made anew and replaced, never overwritten."""

import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from nexdiag.core.errors import CassetteError
from nexdiag.runner.cassettes import files


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "a.cassette.jsonl"
    path.write_bytes(b"old")
    path.chmod(0o640)
    return path


def test_a_new_file_is_private_and_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.cassette.jsonl"
    files.create(path, b"one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(CassetteError, match="it exists"):
        files.create(path, b"two")
    assert path.read_bytes() == b"one"


def test_a_replaced_file_is_kept_beside_with_its_mode(old: Path) -> None:
    backup = files.replace(old, b"new")
    assert (old.read_bytes(), backup.read_bytes()) == (b"new", b"old")
    assert files.mode_of(old) == files.mode_of(backup) == 0o640
    assert sorted(path.name for path in old.parent.iterdir()) == ["a.cassette.jsonl", "a.cassette.jsonl.bak"]


def test_an_older_backup_is_never_lost(old: Path) -> None:
    files.replace(old, b"new")
    with pytest.raises(CassetteError, match=r"\.bak exists"):
        files.replace(old, b"newer")
    assert (old.read_bytes(), old.with_name(old.name + ".bak").read_bytes()) == (b"new", b"old")


def test_a_recording_that_is_being_written_is_left_alone(old: Path) -> None:
    """A writer holds the lock on its file."""
    with old.open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        with pytest.raises(CassetteError, match="being recorded to"):
            files.replace(old, b"new")
    assert old.read_bytes() == b"old"


def test_a_file_system_without_locks_is_no_obstacle(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    assert files.replace(old, b"new").read_bytes() == b"old"


def test_a_link_to_a_recording_stays_a_link(old: Path) -> None:
    link = old.with_name("link.cassette.jsonl")
    link.symlink_to(old)
    files.replace(link, b"new")
    assert link.is_symlink()
    assert old.read_bytes() == b"new"


@pytest.mark.parametrize("name", ["link", "fsync", "fchmod", "replace"])
def test_whatever_fails_the_old_recording_is_there(old: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call that the disk may refuse, refused once: the name leads to the old file, and no scrap stays."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((Path, "replace") if name == "replace" else (os, name)), refused)
    with pytest.raises(CassetteError, match="No space left"):
        files.replace(old, b"new")
    assert old.read_bytes() == b"old"
    assert not list(old.parent.glob(".*.new"))
    monkeypatch.undo()
    assert files.replace(old, b"new").read_bytes() == b"old"


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["directory", "pipe"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "x"
    make(path)
    with pytest.raises(CassetteError, match="is no file"):
        files.read(path)


def test_what_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match="no cassette at"):
        files.read(tmp_path / "gone")
    with pytest.raises(CassetteError, match="cannot be read"):
        files.read(tmp_path / ("x" * 300))
    with pytest.raises(CassetteError, match="cannot write"):
        files.create(tmp_path / ("x" * 300), b"")
    assert files.mode_of(tmp_path / "gone") is None
    with pytest.raises(CassetteError, match="null"):
        files.read(tmp_path / "a\0b")
    with pytest.raises(CassetteError, match="cannot write /proc/no: "):
        files.put(Path("/proc/no"), b"")
    for name in ("a\0b", "x" * 300):
        with pytest.raises(CassetteError, match="cannot write"):
            files.put(tmp_path / name, b"")


def test_what_is_put_is_private_and_leaves_no_backup(old: Path) -> None:
    """Over a file, through a link, through one that leads nowhere yet, and in a directory that is not there."""
    (old.parent / "link").symlink_to(old)
    (old.parent / "ahead").symlink_to(old.parent / "late")
    for path in (old.parent / "link", old.parent / "ahead", old.parent / "below" / ("长" * 80)):
        files.put(path, b"new")
        assert path.read_bytes() == b"new"
        assert files.mode_of(path) == 0o600
    assert (old.parent / "link").is_symlink()
    assert old.read_bytes() == b"new"
    assert sorted(path.name for path in old.parent.iterdir()) == ["a.cassette.jsonl", "ahead", "below", "late", "link"]


def test_what_is_being_recorded_is_not_written_over(old: Path) -> None:
    with old.open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        with pytest.raises(CassetteError, match="being recorded to"):
            files.put(old, b"new")
    assert old.read_bytes() == b"old"
