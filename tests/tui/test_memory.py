"""What is remembered between two lives."""

from pathlib import Path

import pytest

from nexdiag.tui.memory import NAME, Memory, load, save


def test_what_is_saved_is_there_again_and_only_for_its_owner(tmp_path: Path) -> None:
    memory = Memory(chat=2, drafts={2: "half a sen"}, said=["hello"], seen={2: 5})
    assert save(tmp_path, memory) is None
    assert load(tmp_path) == memory
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"drafts": 7}', b"\xff", b"[" * 100_000])
def test_a_file_that_cannot_be_read_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert load(tmp_path) == Memory()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    assert NAME in str(save(tmp_path / "gone", Memory()))
    assert save(tmp_path, Memory(said=["\ud800"])) is not None
