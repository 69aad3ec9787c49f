"""Promises of nexdiag.agent.session.overrides: what a chat has of its own, and a spoiled file is nothing."""

from pathlib import Path

import pytest

from nexdiag.agent.session.overrides import NAME, Overrides, read_overrides, write_overrides


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """For its owner alone; without a file the config is in force."""
    assert read_overrides(tmp_path) == Overrides()
    wanted = Overrides(model="m", endpoint="http://h/v1")
    write_overrides(tmp_path, wanted)
    assert read_overrides(tmp_path) == wanted
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"model": 5}', b"\xff", b"[" * 99999, b"null"])
def test_a_spoiled_file_overrides_nothing(tmp_path: Path, content: bytes) -> None:
    """Whatever stands there, the chat goes on with the config."""
    (tmp_path / NAME).write_bytes(content)
    assert read_overrides(tmp_path) == Overrides()


def test_what_a_later_version_adds_is_passed_over(tmp_path: Path) -> None:
    """Its other words count."""
    (tmp_path / NAME).write_text('{"model": "m", "colour": "red"}')
    assert read_overrides(tmp_path) == Overrides(model="m")
