"""glob lists what matches, sorted, and only from the workspace."""

import asyncio
from pathlib import Path

import pytest

from nexdiag.agent.tools.glob import CAP, Glob
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError


def glob(root: Path, **arguments: object) -> str:
    return asyncio.run(Glob(Workspace(root)).run(dict(arguments)))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    for name in ("b.py", "a.py", "src/z.py", "src/a/m.py", "src/n.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (tmp_path / "secret.py").touch()
    (root / "out.py").symlink_to(tmp_path / "secret.py")
    return root


def test_files_are_listed_sorted(root: Path) -> None:
    """Paths are relative to the workspace, sorted, one a line; links out are left away."""
    assert glob(root, pattern="**/*.py") == "a.py\nb.py\nsrc/a/m.py\nsrc/z.py"


def test_a_search_can_begin_below(root: Path) -> None:
    """With a path only that directory is searched, and the results still start at the workspace."""
    assert glob(root, pattern="*.py", path="src") == "src/z.py"


def test_an_absolute_pattern_inside_is_taken(root: Path) -> None:
    """Models give absolute patterns: below the root they count, elsewhere they are refused."""
    assert glob(root, pattern=f"{root}/src/*.py") == "src/z.py"
    with pytest.raises(ToolError, match="outside the workspace: '/etc/"):
        glob(root, pattern="/etc/*")


def test_nothing_found_is_no_error(root: Path) -> None:
    """An empty answer says so in words."""
    assert glob(root, pattern="*.rs") == "No files matched the pattern."


def test_ways_out_are_refused(root: Path) -> None:
    """Neither path nor pattern leads out, and a missing or wrong start is told."""
    for arguments, text in (
        ({"pattern": "*", "path": ".."}, "outside the workspace"),
        ({"pattern": "../*"}, "not a pattern below"),
        ({"pattern": "*", "path": "gone"}, "no such path"),
        ({"pattern": "*", "path": "a.py"}, "not a directory"),
    ):
        with pytest.raises(ToolError, match=text):
            glob(root, **arguments)


def test_a_long_list_is_cut_at_a_line(root: Path) -> None:
    """The model sees at most the cap, whole paths, and how much is missing."""
    for number in range(500):
        (root / f"many_{number:04d}.py").touch()
    text = glob(root, pattern="many_*")
    assert len(text) <= CAP
    assert "characters left out" in text
    assert {len(line) for line in text.splitlines() if line.startswith("many")} == {len("many_0000.py")}


def test_names_that_are_no_utf8_are_listed(root: Path) -> None:
    """A file name of any bytes comes out as text."""
    (root / "bad\udcff.rs").touch()
    assert glob(root, pattern="*.rs").startswith("bad")


def test_a_long_list_is_kept_whole(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The list that the model sees ends early; where the rest is stands below it."""
    for number in range(600):
        (root / f"file-{number:04d}").write_text("")
    kept = tmp_path_factory.mktemp("out")
    tool = Glob(Workspace(root), spill=Spill(kept, root=root))
    text = asyncio.run(tool.run({"pattern": "file-*"}))
    assert len(text) <= CAP
    assert "00001-glob.txt; read_file shows parts" in text
    assert (kept / "00001-glob.txt").read_text().splitlines() == [f"file-{number:04d}" for number in range(600)]
