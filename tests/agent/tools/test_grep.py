"""grep finds lines inside the workspace, says what it left out, and cannot be hung."""

import asyncio
import contextlib
import os
import time
from pathlib import Path

import pytest

from nexdiag.agent.tools import grep as grep_module
from nexdiag.agent.tools.grep import CAP, Grep
from nexdiag.agent.tools.processes import family
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError

CATASTROPHE = {"pattern": "(a+)+$"}


def grep(root: Path, seconds: float = 20, **arguments: object) -> str:
    return asyncio.run(Grep(Workspace(root), seconds=seconds).run(dict(arguments)))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    for name, content in {
        "a.py": b"import os\nx = 1\n",
        "src/b.py": b"import re\n",
        "src/c.txt": b"import nothing\n",
        ".git/config": b"import\n",
        "binary": b"import\0",
        "huge.py": b"import\n" + b"x" * (10 << 20),
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (tmp_path / "secret.py").write_text("import secret\n")
    (root / "out.py").symlink_to(tmp_path / "secret.py")
    return root


def workers() -> int:
    """How many searching processes live below this one."""
    count = 0
    for process in family(os.getpid()):
        with contextlib.suppress(OSError):  # it ended while we looked
            count += process.pid != os.getpid() and b"grep_worker" in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    return count


def test_matching_lines_are_told(root: Path) -> None:
    """path:line:text in the order of names; .git, binary files and links out are passed over, huge files told."""
    assert grep(root, pattern="^import") == (
        "a.py:1:import os\nsrc/b.py:1:import re\nsrc/c.txt:1:import nothing\n[not searched: 1 files over 10 MiB]"
    )


def test_a_search_can_be_narrowed(root: Path) -> None:
    """By directory, by file, by name wherever it lies, and by a pattern of the path."""
    assert grep(root, pattern="import", path="src", glob="*.txt") == "src/c.txt:1:import nothing"
    assert grep(root, pattern="import", path="a.py") == "a.py:1:import os"
    assert grep(root, pattern="re$", glob="*.{py,md}").startswith("src/b.py:1:import re")
    assert grep(root, pattern="import", glob="src/*.py") == "src/b.py:1:import re"


def test_nothing_found_is_no_error(root: Path) -> None:
    """An empty answer says so in words."""
    assert grep(root, pattern="nowhere", path="src") == "No matches found."


def test_faults_are_told(root: Path) -> None:
    """A missing path, a way out and a bad expression are errors."""
    for arguments, text in (
        ({"pattern": "x", "path": "gone"}, "no such path: 'gone'"),
        ({"pattern": "x", "path": "out.py"}, "outside the workspace"),
        ({"pattern": "x", "path": ".."}, "outside the workspace"),
        ({"pattern": "x", "glob": "../*"}, "not a pattern below"),
        ({"pattern": "("}, r"cannot search for '\(': missing \)"),
        ({}, "missing argument 'pattern'"),
    ):
        with pytest.raises(ToolError, match=text):
            grep(root, **arguments)


def test_a_catastrophic_expression_ends(root: Path) -> None:
    """It stops at the time limit, leaves no process, and the loop goes on meanwhile."""
    (root / "bad.txt").write_text("a" * 60 + "b\n")
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async def main() -> None:
        ticking = asyncio.create_task(tick())
        with pytest.raises(ToolError, match=r"the search took longer than 0\.5 s"):
            await Grep(Workspace(root), seconds=0.5).run({**CATASTROPHE, "path": "bad.txt"})
        ticking.cancel()

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < 3
    assert ticks > 10
    assert not workers()


def test_what_was_found_in_time_is_told(root: Path) -> None:
    """Matches from before the time limit are shown, with a note that this is not all."""
    (root / "src/a").write_text("good a\n")
    (root / "src/z").write_text("a" * 60 + "b\n")
    assert grep(root, seconds=1, path="src", glob="[az]", **CATASTROPHE) == (
        "src/a:1:good a\n[stopped after 1 s: not everything was searched]"
    )


def test_a_cancellation_ends_the_worker(root: Path) -> None:
    """A cancelled search leaves no process."""
    (root / "bad.txt").write_text("a" * 60 + "b\n")

    async def main() -> None:
        task = asyncio.create_task(Grep(Workspace(root)).run({**CATASTROPHE, "path": "bad.txt"}))
        while not workers():  # noqa: ASYNC110 - waits for a process, not for the loop
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert not workers()


def test_an_expression_that_eats_memory_is_ended(root: Path) -> None:
    """One that would take gigabytes is an error, and never passes for a search without matches."""
    (root / "long.txt").write_text("ab" * (5 << 20))
    with pytest.raises(ToolError, match="too much memory"):
        grep(root, pattern="(?:(a)|(b))*c", path="long.txt")


def test_a_search_that_dies_is_an_error(root: Path) -> None:
    """If the worker is killed from outside, its silence does not pass for a search without matches."""
    (root / "bad.txt").write_text("a" * 60 + "b\n")

    async def main() -> None:
        task = asyncio.create_task(Grep(Workspace(root)).run({**CATASTROPHE, "path": "bad.txt"}))
        while not workers():  # noqa: ASYNC110 - waits for a process, not for the loop
            await asyncio.sleep(0.01)
        for process in family(os.getpid()):
            if process.pid != os.getpid():
                os.kill(process.pid, 9)
        with pytest.raises(ToolError, match="the search died"):
            await task

    asyncio.run(main())


def test_many_matches_are_capped(root: Path) -> None:
    """The answer keeps its cap, whole lines, and says that it stopped; more input than pipes hold is no dead end."""
    for number in range(30):
        (root / f"many{number}.txt").write_text("needle in a stack of hay\n" * 20_000)
    text = grep(root, pattern="needle", glob="many*")
    assert len(text) <= CAP
    assert text.endswith("[stopped after 1000 matches]")
    assert "characters left out" in text


def test_a_file_that_cannot_be_read_is_counted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What vanishes between finding and reading is told, not hidden."""
    (root / "src/c.txt").unlink()
    monkeypatch.setattr(grep_module, "start_of", lambda workspace, path: root / "src/c.txt")
    walk = grep_module._Files(Workspace(root), "src/c.txt", None)
    walk._paths = iter(["src/c.txt"])
    assert walk.batch() == b""
    assert walk.notes() == ["[not searched: 1 unreadable files]"]


def test_names_of_any_bytes_pass(root: Path) -> None:
    """A file name that is no UTF-8 does not end the search."""
    (root / "src/bad\udcff.md").write_text("needle\n")
    assert grep(root, pattern="needle", glob="*.md").endswith(".md:1:needle")


def test_a_long_list_of_matches_is_kept_whole(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The list that the model sees ends early; where the rest is stands below it."""
    (root / "many").write_text("needle in a haystack\n" * 600)
    kept = tmp_path_factory.mktemp("out")
    tool = Grep(Workspace(root), spill=Spill(kept, root=root))
    text = asyncio.run(tool.run({"pattern": "needle", "path": "many"}))
    assert len(text) <= CAP
    assert "00001-grep.txt; read_file shows parts" in text
    assert len((kept / "00001-grep.txt").read_text().splitlines()) == 600
