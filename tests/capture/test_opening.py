"""Promises of `nexdiag.capture.opening`; what comes of it is tested with the writer."""

import fcntl
import os
from pathlib import Path

import pytest

from nexdiag.capture.opening import beside, created, named, reopened
from nexdiag.core.errors import CassetteError


def test_what_a_killed_writer_left_beside_is_in_nobodys_way(tmp_path: Path) -> None:
    """Half a replacement that nobody writes any more is thrown away; one that is being written is not."""
    first = beside(tmp_path / "c")
    with pytest.raises(CassetteError, match="another recording is at it"):
        beside(tmp_path / "c")
    os.write(first.file, b"half a")
    os.close(first.file)
    second = beside(tmp_path / "c")
    assert second.path.read_bytes() == b""
    os.close(second.file)


def test_a_file_system_without_locks_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems know none: recording goes on all the same."""

    def none(file: int, how: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", none)
    opened = created(tmp_path / "c")
    os.write(opened.file, b'{"cassette":2}\n')
    named(opened)
    os.close(opened.file)
    again = reopened(tmp_path / "c")
    assert again.length == 15
    os.close(again.file)


def test_a_file_has_its_name_when_it_is_begun(tmp_path: Path) -> None:
    """Until then nobody sees it; and a name that somebody took meanwhile is not taken from him."""
    opened = created(tmp_path / "c")
    os.write(opened.file, b"header")
    assert not list(tmp_path.iterdir())
    named(opened)
    assert (tmp_path / "c").read_bytes() == b"header"
    os.close(opened.file)
    other = created(tmp_path / "d")
    (tmp_path / "d").write_text("mine")
    with pytest.raises(CassetteError, match="it exists"):
        named(other)
    os.close(other.file)
    assert (tmp_path / "d").read_text() == "mine"


def test_a_system_without_nameless_files_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the file has its name from the beginning, and is still never one that was there."""
    monkeypatch.delattr(os, "O_TMPFILE")
    opened = created(tmp_path / "c")
    assert (tmp_path / "c").exists()
    named(opened)
    os.close(opened.file)
    with pytest.raises(CassetteError, match="it exists"):
        created(tmp_path / "c")


def test_a_name_that_is_none_is_told(tmp_path: Path) -> None:
    """Also by the two that do not create."""
    for open_it in (created, reopened, beside):
        with pytest.raises(CassetteError, match="cannot record to"):
            open_it(tmp_path / "a\0b")
