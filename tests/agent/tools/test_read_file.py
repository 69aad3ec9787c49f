"""read_file shows numbered lines within its caps, and says what it did not show."""

import asyncio
import os
import threading
import tracemalloc
from pathlib import Path

import pytest
from counted_files import CountedWorkspace, sparse

from nexdiag.agent.tools.read_file import CAP, ReadFile
from nexdiag.agent.tools.scan import BLOCK, LIMIT, digest_of_file
from nexdiag.agent.tools.seen import Seen, digest_of
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError

HUGE = 8 << 30


def read(root: Path, **arguments: object) -> str:
    return asyncio.run(ReadFile(Workspace(root)).run(dict(arguments)))


def numbered(*lines: str, first: int = 1) -> str:
    return "\n".join(f"{number:6d}\t{line}" for number, line in enumerate(lines, first))


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"a\nb\n", ["a", "b"]),
        (b"a\nb", ["a", "b"]),
        (b"a\n\n", ["a", ""]),
        (b"\n", [""]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"\xef\xbb\xbfa\n", ["a"]),
        ("ä€😀\n".encode(), ["ä€😀"]),
        (b"caf\xe9\n", ["caf\ufffd"]),
    ],
)
def test_lines_are_numbered(tmp_path: Path, content: bytes, lines: list[str]) -> None:
    """Every kind of ending and encoding shows as plain numbered lines, without a footer."""
    (tmp_path / "f").write_bytes(content)
    assert read(tmp_path, path="f") == numbered(*lines)


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    """No lines is an answer, not an error."""
    (tmp_path / "f").touch()
    assert read(tmp_path, path="f") == "(empty file)"


def test_a_part_is_shown_with_its_place(tmp_path: Path) -> None:
    """Offset counts from 1; the footer tells what was shown, and is absent at the end of the file."""
    (tmp_path / "f").write_text("".join(f"l{number}\n" for number in range(1, 11)))
    assert read(tmp_path, path="f", offset=3, limit=2) == (
        numbered("l3", "l4", first=3) + "\n[truncated: showed lines 3..4 of 10]"
    )
    assert read(tmp_path, path="f", offset=9) == numbered("l9", "l10", first=9)
    assert read(tmp_path, path="f", offset=0, limit=1).startswith(numbered("l1"))


def test_an_offset_past_the_end_is_an_error(tmp_path: Path) -> None:
    """The error tells how long the file is."""
    (tmp_path / "f").write_text("a\nb\n")
    with pytest.raises(ToolError, match=r"offset 3 is past the end of 'f': it has 2 lines"):
        read(tmp_path, path="f", offset=3)


def test_a_long_line_is_cut(tmp_path: Path) -> None:
    """A line shows 2000 characters, of any width in bytes, and a mark; the next line is intact."""
    for letter in ("x", "😀"):
        (tmp_path / "f").write_text(letter * 2001 + "\n" + letter * 2000 + "\nend\n")
        assert read(tmp_path, path="f") == numbered(letter * 2000 + " [line cut]", letter * 2000, "end")


def test_the_cap_holds_and_the_footer_is_true(tmp_path: Path) -> None:
    """However long the file, the text stays within the cap and names the last line that it shows."""
    (tmp_path / "f").write_text("".join(f"{'y' * 90}\n" for _ in range(5000)))
    text = read(tmp_path, path="f", offset=7)
    rows = text.splitlines()
    assert len(text) <= CAP
    assert len(text) > CAP - 300
    assert rows[-1] == f"[truncated: showed lines 7..{int(rows[-2].split()[0])} of 5000]"


def test_two_thousand_lines_at_most(tmp_path: Path) -> None:
    """Short lines end at the default limit or the cap, whichever comes first."""
    (tmp_path / "f").write_text("\n" * 3000)
    text = read(tmp_path, path="f")
    assert text.endswith("of 3000]")
    assert len(text) <= CAP


def test_binary_files_are_refused(tmp_path: Path) -> None:
    """A NUL near the start means that this is no text."""
    (tmp_path / "f").write_bytes(b"ELF\0\1\2")
    with pytest.raises(ToolError, match="binary file: 'f'"):
        read(tmp_path, path="f")


def test_a_huge_file_is_not_held(tmp_path: Path) -> None:
    """Sixty megabytes, in one line or in many, are read in bounded memory."""
    with (tmp_path / "f").open("wb") as file:
        for _ in range(30):
            file.write(b"x" * (1 << 20))
        for _ in range(30):
            file.write(b"line of text....\n" * (1 << 16))
    tracemalloc.start()
    try:
        text = read(tmp_path, path="f", offset=1_000_000, limit=2)
        read(tmp_path, path="f", limit=2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert text.endswith("[truncated: showed lines 1000000..1000001 of 1966080]")
    assert peak < 8 << 20


def test_paths_out_and_faulty_arguments_are_refused(tmp_path: Path) -> None:
    """Confinement and the argument check apply."""
    for arguments in ({"path": "/etc/passwd"}, {"path": "gone"}, {}, {"path": "f", "limit": 0}, {"path": "f", "x": 1}):
        with pytest.raises(ToolError):
            read(tmp_path, **arguments)


def test_a_negative_offset_counts_from_the_end(tmp_path: Path) -> None:
    """The last lines of a log, with their true numbers, in one call."""
    (tmp_path / "f").write_text("".join(f"l{n}\n" for n in range(1, 11)))
    assert read(tmp_path, path="f", offset=-2) == numbered("l9", "l10", first=9)
    assert read(tmp_path, path="f", offset=-3, limit=1).startswith(numbered("l8", first=8))
    assert read(tmp_path, path="f", offset=-99).startswith(numbered("l1"))
    (tmp_path / "open").write_text("a\nb")
    assert read(tmp_path, path="open", offset=-1) == numbered("b", first=2)
    (tmp_path / "empty").write_text("")
    assert read(tmp_path, path="empty", offset=-5) == "(empty file)"


def test_what_is_read_is_known(tmp_path: Path) -> None:
    """The session learns what was in the file when the model read it, in whatever part."""
    (tmp_path / "f").write_text("a\nb\n")
    seen = Seen()
    asyncio.run(ReadFile(Workspace(tmp_path), seen=seen).run({"path": "f", "offset": 2}))
    assert seen.standing((tmp_path / "f").resolve(), digest_of([b"a\n", b"b\n"])) == "same"


def counted(workspace: CountedWorkspace, **arguments: object) -> str:
    return asyncio.run(ReadFile(workspace).run({"path": "f", **arguments}))


def test_of_a_huge_file_no_more_is_scanned_than_up_to_the_lines_shown(tmp_path: Path) -> None:
    """The footer tells how large it is, since how many lines it has nobody counted."""
    sparse(tmp_path / "f", HUGE, start=b"".join(b"line %d\n" % number for number in range(1, 100_001)))
    workspace = CountedWorkspace(tmp_path)
    assert counted(workspace, offset=99_999, limit=2) == (
        numbered("line 99999", "line 100000", first=99_999)
        + f"\n[truncated: showed lines 99999..100000 of a file of {HUGE} bytes]"
    )
    assert sum(workspace.sizes) < 2 << 20
    text = counted(workspace)
    assert len(text) <= CAP
    assert text.endswith(f"of a file of {HUGE} bytes]")


def test_what_lies_beyond_the_limit_is_out_of_reach(tmp_path: Path) -> None:
    """The error says how large the file is, which offset can be reached, and what to use instead; and costs no more."""
    sparse(tmp_path / "f", HUGE, start=b"one\ntwo\n" + b"x" * 10_000)
    workspace = CountedWorkspace(tmp_path)
    assert "\n     3\txxx" in counted(workspace)
    with pytest.raises(ToolError, match=f"offset 5000 is out of reach: 'f' has {HUGE} bytes") as caught:
        counted(workspace, offset=5000)
    assert caught.value.hint == "give an offset up to 2, or use sed, tail or grep through bash"
    assert sum(workspace.sizes) < 2 * LIMIT + (2 << 20)
    workspace.sizes.clear()
    with pytest.raises(ToolError, match=f"cannot be counted from its end: 'f' has {HUGE} bytes"):
        counted(workspace, offset=-1)
    assert sum(workspace.sizes) <= 8192


def test_a_line_that_the_limit_cuts_is_not_shown_as_whole(tmp_path: Path) -> None:
    """A part of it could be taken for all of it. A file of just the limit is whole."""
    line = b"x" * 1023 + b"\n"
    (tmp_path / "f").write_bytes(line * (LIMIT // 1024 - 1) + b"y" * 1024 + b"yyy\n")
    last = LIMIT // 1024
    with pytest.raises(ToolError, match=f"offset {last} is out of reach"):
        read(tmp_path, path="f", offset=last)
    (tmp_path / "f").write_bytes(line * (LIMIT // 1024))
    assert read(tmp_path, path="f", offset=-1) == numbered("x" * 1023, first=last)


def test_a_huge_file_that_was_read_may_be_known(tmp_path: Path) -> None:
    """By the same digest that a writer asks for."""
    sparse(tmp_path / "f", HUGE, start=b"a\n" * BLOCK)
    seen = Seen()
    asyncio.run(ReadFile(Workspace(tmp_path), seen=seen).run({"path": "f"}))
    with Workspace(tmp_path).open("f") as file:
        assert seen.standing((tmp_path / "f").resolve(), digest_of_file(file, threading.Event())) == "same"


@pytest.mark.parametrize("offset", [1_000_000, -1])
def test_a_cancelled_read_ends_within_a_block(tmp_path: Path, offset: int) -> None:
    """Its thread reads no further, so that neither the program's end nor the pool of threads waits for it."""
    sparse(tmp_path / "f", LIMIT, start=b"a\n" * BLOCK)
    reading, cancelled = threading.Event(), threading.Event()

    def before(reads: int) -> None:
        if reads == 3:
            reading.set()
            cancelled.wait(timeout=60)

    workspace = CountedWorkspace(tmp_path, before=before)

    async def main() -> None:
        call = asyncio.create_task(ReadFile(workspace).run({"path": "f", "offset": offset}))
        await asyncio.to_thread(reading.wait)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        cancelled.set()

    asyncio.run(main())  # it waits for the thread
    assert len(workspace.sizes) == 4


def test_a_file_of_one_endless_line_has_a_first_line(tmp_path: Path) -> None:
    """It is shown, cut; what can be reached is told as line 1."""
    sparse(tmp_path / "f", HUGE, start=b"x" * 10_000)
    assert read(tmp_path, path="f").startswith(numbered("x" * 2000 + " [line cut]\n[truncated: showed lines 1..1 of a"))
    with pytest.raises(ToolError) as caught:
        read(tmp_path, path="f", offset=2)
    assert caught.value.hint.startswith("give an offset up to 1,")


def test_a_change_of_a_huge_file_while_it_is_read_is_not_known(tmp_path: Path) -> None:
    """What was noted is how the file was before."""
    sparse(tmp_path / "f", HUGE, start=b"a\n" * BLOCK)

    def before(reads: int) -> None:
        if reads == 3:  # after the first bytes and the two blocks of the outline
            os.utime(tmp_path / "f", (1, 1))

    seen = Seen()
    asyncio.run(ReadFile(CountedWorkspace(tmp_path, before=before), seen=seen).run({"path": "f"}))
    with Workspace(tmp_path).open("f") as file:
        assert seen.standing((tmp_path / "f").resolve(), digest_of_file(file, threading.Event())) == "changed"
