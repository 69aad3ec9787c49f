"""Promises of `nexdiag.capture.opening`; what comes of it is tested with the writer."""

import fcntl
import os
from pathlib import Path

import pytest

from nexdiag.capture.opening import beside, created, reopened
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
    os.close(opened.file)
    again = reopened(tmp_path / "c")
    assert again.length == 15
    os.close(again.file)


def test_a_name_that_is_none_is_told(tmp_path: Path) -> None:
    """Also by the two that do not create."""
    for open_it in (created, reopened, beside):
        with pytest.raises(CassetteError, match="cannot record to"):
            open_it(tmp_path / "a\0b")
