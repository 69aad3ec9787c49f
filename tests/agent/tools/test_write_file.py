"""write_file writes exactly what it is given, inside the workspace."""

import asyncio
import threading
from pathlib import Path

import pytest
from counted_files import CountedWorkspace, sparse

from nexdiag.agent.tools.read_file import ReadFile
from nexdiag.agent.tools.scan import BLOCK
from nexdiag.agent.tools.seen import Seen, digest_of
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


def test_what_the_model_does_not_know_it_does_not_replace(tmp_path: Path) -> None:
    """An unread file, or one that changed since, is kept; a new one, an empty one and its own are written."""
    seen = Seen()
    tool = WriteFile(Workspace(tmp_path), seen=seen)

    def write_seen(content: str) -> str:
        return asyncio.run(tool.run({"path": "f", "content": content}))

    (tmp_path / "f").write_text("")
    assert write_seen("mine") == "Replaced 'f': 4 bytes"
    assert write_seen("mine again") == "Replaced 'f': 10 bytes"
    (tmp_path / "f").write_text("somebody else's")
    with pytest.raises(ToolError, match=r"file exists \(15 bytes\), and it has changed since you last") as caught:
        write_seen("over it")
    assert caught.value.hint.startswith("read_file first")
    assert (tmp_path / "f").read_text() == "somebody else's"
    asyncio.run(ReadFile(Workspace(tmp_path), seen=seen).run({"path": "f"}))
    assert write_seen("knowingly") == "Replaced 'f': 9 bytes"
    with pytest.raises(ToolError, match="and you have not read it: 'f'"):
        asyncio.run(WriteFile(Workspace(tmp_path), seen=Seen()).run({"path": "f", "content": "x"}))


def test_a_huge_file_is_known_without_reading_it_whole(tmp_path: Path) -> None:
    """Unread it is kept, after two blocks of it; once the model has read of it, it is written over."""
    sparse(tmp_path / "f", 8 << 30, start=b"a\n" * BLOCK)
    workspace = CountedWorkspace(tmp_path)
    seen = Seen()
    tool = WriteFile(workspace, seen=seen)
    with pytest.raises(ToolError, match=r"file exists \(8589934592 bytes\), and you have not read it"):
        asyncio.run(tool.run({"path": "f", "content": "x"}))
    assert sum(workspace.sizes) == 2 * BLOCK
    asyncio.run(ReadFile(workspace, seen=seen).run({"path": "f"}))
    assert asyncio.run(tool.run({"path": "f", "content": "x"})) == "Replaced 'f': 1 bytes"


def test_a_cancelled_write_does_not_act_later(tmp_path: Path) -> None:
    """Its thread ends within a block, and leaves the file as it is."""
    (tmp_path / "f").write_bytes(b"x" * (4 * BLOCK))
    reading, cancelled = threading.Event(), threading.Event()

    def before(reads: int) -> None:
        if reads == 1:
            reading.set()
            cancelled.wait(timeout=60)

    workspace = CountedWorkspace(tmp_path, before=before)
    seen = Seen()
    seen.note((tmp_path / "f").resolve(), digest_of([b"x" * (4 * BLOCK)]))

    async def main() -> None:
        call = asyncio.create_task(WriteFile(workspace, seen=seen).run({"path": "f", "content": "late"}))
        await asyncio.to_thread(reading.wait)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        cancelled.set()

    asyncio.run(main())  # it waits for the thread
    assert len(workspace.sizes) == 2
    assert (tmp_path / "f").stat().st_size == 4 * BLOCK


def test_a_write_that_was_cancelled_while_it_waited_for_its_turn_does_not_act(tmp_path: Path) -> None:
    """Another call holds the file; the cancelled one must not write once that is done."""
    asked = threading.Event()

    class Told(Workspace):
        def resolve(self, path: str, *, writing: bool = False) -> Path:
            asked.set()
            return super().resolve(path, writing=writing)

    (tmp_path / "f").write_text("kept")

    async def main() -> None:
        with Workspace(tmp_path).alone("f"):
            call = asyncio.create_task(WriteFile(Told(tmp_path)).run({"path": "f", "content": "late"}))
            await asyncio.to_thread(asked.wait)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    asyncio.run(main())  # it waits for the thread
    assert (tmp_path / "f").read_text() == "kept"
