"""edit_file changes one place and not a byte beside it."""

import asyncio
import stat
import threading
from pathlib import Path

import pytest

from nexdiag.agent.tools.edit_file import EditFile
from nexdiag.agent.tools.read_file import ReadFile
from nexdiag.agent.tools.seen import Seen, digest_of
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError


def edit(root: Path, old: str, new: str, path: str = "f", **flags: bool) -> str:
    return asyncio.run(EditFile(Workspace(root)).run({"path": path, "old_string": old, "new_string": new, **flags}))


def refusal(root: Path, old: str, new: str, path: str = "f", **flags: bool) -> ToolError:
    before = (root / "f").read_bytes()
    with pytest.raises(ToolError) as caught:
        edit(root, old, new, path, **flags)
    assert (root / "f").read_bytes() == before
    return caught.value


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        (b"a b c", "b", "x", b"a x c"),
        (b"a b c", "b", r"\1 $1 \g<0>", rb"a \1 $1 \g<0> c"),
        (b"a.c abc", "a.c", "", b" abc"),
        (b"\xef\xbb\xbfa\r\nb\r\n", "a\nb", "c\nd\ne", b"\xef\xbb\xbfc\r\nd\r\ne\r\n"),
        (b"\xff\xfe caf\xe9 x", "x", "y", b"\xff\xfe caf\xe9 y"),
        ("ä€😀".encode(), "€", "😀", "ä😀😀".encode()),
    ],
)
def test_one_place_changes_and_nothing_else(tmp_path: Path, before: bytes, old: str, new: str, after: bytes) -> None:
    """New text is literal; byte order mark, line endings and bytes that are no UTF-8 stay."""
    (tmp_path / "f").write_bytes(before)
    edit(tmp_path, old, new)
    assert (tmp_path / "f").read_bytes() == after


def test_the_answer_names_the_lines(tmp_path: Path) -> None:
    """One line or a range, and whether white space was ignored."""
    (tmp_path / "f").write_text("a\nb\nc\n\td\n")
    assert edit(tmp_path, "b", "B") == "Edited 'f': replaced line 2"
    assert edit(tmp_path, "a\nB\n", "x\ny\n") == "Edited 'f': replaced lines 1..2"
    assert edit(tmp_path, "c\nd", "z", normalize_whitespace=True) == (
        "Edited 'f': replaced lines 3..4 (white space ignored)"
    )
    assert (tmp_path / "f").read_text() == "x\ny\nz\n"


def test_several_places_are_refused_with_their_lines(tmp_path: Path) -> None:
    """An ambiguous text changes nothing."""
    (tmp_path / "f").write_text("x\ny\nx\n" + "z\n" * 20)
    assert refusal(tmp_path, "x", "q").what == "old_string must stand once in 'f', found 2 times: lines 1, 3"
    assert refusal(tmp_path, "z", "q").what.endswith("found 20 times: lines 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, ...")


def test_a_missing_text_is_told_with_its_nearest_lines(tmp_path: Path) -> None:
    """The model sees what stands there instead."""
    (tmp_path / "f").write_text("def run(a):\n    pass\n")
    error = refusal(tmp_path, "def run(a, b):", "x")
    assert error.what == "old_string not found in 'f'; lines most like it:\n     1\tdef run(a):"
    assert "read the file again" in error.hint


def test_a_flag_that_would_help_is_named(tmp_path: Path) -> None:
    """If only white space or line endings differ, the hint says which flag and which line."""
    (tmp_path / "f").write_bytes(b"x\nif  a:\n\tb\n")
    assert refusal(tmp_path, "if a:\n  b", "c").hint == "it would fit line 2 with normalize_whitespace: true"
    (tmp_path / "f").write_bytes(b"a\rb\rc")
    assert refusal(tmp_path, "a\nb", "c").hint == "it would fit line 1 with normalize_line_endings: true"


def test_senseless_edits_are_refused(tmp_path: Path) -> None:
    """Empty, equal, half a character, and what is no text."""
    (tmp_path / "f").write_bytes(b"a")
    assert "empty" in refusal(tmp_path, "", "x").what
    assert "the same" in refusal(tmp_path, "a", "a").what
    assert "'new_string' holds half" in refusal(tmp_path, "a", "\ud800").what
    assert "no such file" in refusal(tmp_path, "a", "b", path="gone").what
    assert "outside" in refusal(tmp_path, "a", "b", path="../f").what
    (tmp_path / "f").write_bytes(b"a\0")
    assert "binary" in refusal(tmp_path, "a", "b").what
    (tmp_path / "f").write_bytes(b"a" + b"b" * (10 << 20))
    assert "over 10 MiB" in refusal(tmp_path, "a", "b").what


def test_the_mode_stays(tmp_path: Path) -> None:
    """An edited script is still executable."""
    (tmp_path / "f").write_text("a")
    (tmp_path / "f").chmod(0o750)
    edit(tmp_path, "a", "b")
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o750


def test_a_file_that_changed_is_edited_and_the_model_is_told(tmp_path: Path) -> None:
    """The edit names its text, so it is right; what else the model believes of the file may not be."""
    seen = Seen()
    workspace = Workspace(tmp_path)

    def edit_seen(old: str, new: str) -> str:
        tool = EditFile(workspace, seen=seen)
        return asyncio.run(tool.run({"path": "f", "old_string": old, "new_string": new}))

    (tmp_path / "f").write_text("a\nb\n")
    assert edit_seen("a", "A") == "Edited 'f': replaced line 1"
    asyncio.run(ReadFile(workspace, seen=seen).run({"path": "f"}))
    assert edit_seen("A", "a") == "Edited 'f': replaced line 1"
    assert seen.standing((tmp_path / "f").resolve(), digest_of([b"a\nb\n"])) == "same"
    (tmp_path / "f").write_text("a\nB\n")
    assert "the file has changed since you last saw it" in edit_seen("a", "A")
    assert "the file has changed since you last saw it" in edit_seen("A", "a")


def test_two_chats_lose_no_edit(tmp_path: Path) -> None:
    """Many edits of one file at once, through two workspaces: every one of them is in it."""
    (tmp_path / "f").write_text("".join(f"<{n}>\n" for n in range(40)))

    async def main() -> None:
        tools = [EditFile(Workspace(tmp_path)) for _ in range(2)]
        edits = [tools[n % 2].run({"path": "f", "old_string": f"<{n}>", "new_string": f"[{n}]"}) for n in range(40)]
        await asyncio.gather(*edits)

    asyncio.run(main())
    assert (tmp_path / "f").read_text() == "".join(f"[{n}]\n" for n in range(40))


def test_an_edit_that_was_cancelled_while_it_waited_for_its_turn_does_not_act(tmp_path: Path) -> None:
    """Another call holds the file; the cancelled one must not change it once that is done."""
    asked = threading.Event()

    class Told(Workspace):
        def resolve(self, path: str, *, writing: bool = False) -> Path:
            asked.set()
            return super().resolve(path, writing=writing)

    (tmp_path / "f").write_text("kept")

    async def main() -> None:
        with Workspace(tmp_path).alone("f"):
            edit = EditFile(Told(tmp_path)).run({"path": "f", "old_string": "kept", "new_string": "late"})
            call = asyncio.create_task(edit)
            await asyncio.to_thread(asked.wait)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    asyncio.run(main())  # it waits for the thread
    assert (tmp_path / "f").read_text() == "kept"
