"""write_file writes exactly what it is given, inside the workspace."""

import asyncio
from pathlib import Path

import pytest

from nexdiag.agent.tools.workspace import Workspace
from nexdiag.agent.tools.write_file import WriteFile, encoded
from nexdiag.core.errors import ToolError


def write(root: Path, **arguments: object) -> str:
    return asyncio.run(WriteFile(Workspace(root)).run(dict(arguments)))


def test_content_is_written_byte_for_byte(tmp_path: Path) -> None:
    """Line endings and characters arrive as given; the answer tells created from replaced."""
    assert write(tmp_path, path="d/f", content="a\r\nä\n") == "Created 'd/f': 6 bytes"
    assert (tmp_path / "d/f").read_bytes() == b"a\r\n\xc3\xa4\n"
    assert write(tmp_path, path="d/f", content="") == "Replaced 'd/f': 0 bytes"
    assert (tmp_path / "d/f").read_bytes() == b""


def test_half_a_character_is_refused(tmp_path: Path) -> None:
    """Text that no file can hold is told by its place, and nothing is written."""
    with pytest.raises(ToolError, match=r"argument 'content' holds half of a character \(surrogate\) at 2"):
        write(tmp_path, path="f", content="ab\ud83d")
    assert not (tmp_path / "f").exists()
    assert encoded("ä", "content") == b"\xc3\xa4"


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    """A way out and a missing argument are refused."""
    (tmp_path / "work").mkdir()
    for arguments in ({"path": "../f", "content": "x"}, {"path": "f"}, {"path": ".", "content": "x"}):
        with pytest.raises(ToolError):
            write(tmp_path / "work", **arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["work"]
