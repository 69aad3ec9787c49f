"""Patterns match as a shell's do, in time that no pattern can stretch, and walks stay in the workspace."""

import time
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.tools.walk import Pattern, Walk, start_of
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError


def matches(pattern: str, path: str) -> bool:
    machine = Pattern(pattern)
    states = machine.start()
    for part in path.split("/"):
        states = machine.advance(states, part)
    return machine.accepts(states)


@pytest.mark.parametrize(
    ("pattern", "fits", "differs"),
    [
        ("*.py", "a.py", "d/a.py"),
        ("**/*.py", "a.py", "a.pyc"),
        ("**/*.py", "d/e/a.py", "d/e/a.txt"),
        ("src/**", "src/a/b", "src"),
        ("src/**/test_*", "src/test_a", "test_a"),
        ("**/d/**/f", "a/d/b/c/f", "a/b/c/f"),
        ("a?c", "abc", "a/c"),
        ("[ab].txt", "b.txt", "c.txt"),
        ("[!ab].txt", "c.txt", "a.txt"),
        ("*.{py,toml}", "a.toml", "a.md"),
        ("{a,b/{c,d}}/x", "b/d/x", "b/x"),
        ("./a//b", "a/b", "b"),
        ("{x}", "{x}", "x"),
        ("A.py", "A.py", "a.py"),
        ("*", ".hidden", "a/b"),
    ],
)
def test_patterns(pattern: str, fits: str, differs: str) -> None:
    """Each kind of pattern takes what it should, and nothing else."""
    assert matches(pattern, fits)
    assert not matches(pattern, differs)


@given(st.text(alphabet="ab*?", min_size=1, max_size=8), st.text(alphabet="ab", min_size=1, max_size=8))
def test_one_segment_is_fnmatch(pattern: str, name: str) -> None:
    """Within a segment the standard library is right."""
    if pattern != "**":
        assert matches(pattern, name) == fnmatchcase(name, pattern)


@pytest.mark.parametrize("pattern", ["", "/", ".", "../x", "a/../../x", "{..,a}/x"])
def test_patterns_that_leave_are_refused(pattern: str) -> None:
    """A pattern is always below the directory that is searched."""
    with pytest.raises(ToolError, match="not a pattern below"):
        Pattern(pattern)


def test_a_hostile_pattern_takes_no_time() -> None:
    """Many stars are no exponent."""
    began = time.perf_counter()
    assert not matches("/".join(["**"] * 50 + ["*a" * 50 + "b"]), "/".join(["a" * 200] * 50))
    assert time.perf_counter() - began < 2


def test_too_many_alternatives_are_refused() -> None:
    """Braces that multiply are stopped before they fill the memory."""
    with pytest.raises(ToolError, match="too many alternatives"):
        Pattern("{a,b}" * 30)


def test_names_come_in_order(tmp_path: Path) -> None:
    """Whatever order the system lists names in, the walk is the same everywhere."""
    names = [f"{(number * 37) % 100:02d}" for number in range(100)]
    for name in names:
        (tmp_path / name).touch()
    assert list(Walk(Workspace(tmp_path), tmp_path, Pattern("*"))) == sorted(names)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "o.txt").touch()
    root = tmp_path / "work"
    for name in ("b/2.txt", "b/10.txt", "a/x.txt", "c.txt", ".git/config", "a/.git/HEAD"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "out.txt").symlink_to(tmp_path / "outside" / "o.txt")
    (root / "in.txt").symlink_to("c.txt")
    (root / "self").symlink_to(".")
    (root / "loop").symlink_to("loop")
    (root / "gone").symlink_to("missing")
    return Workspace(root)


def test_a_walk_stays_inside(workspace: Workspace) -> None:
    """Files come in the order of names; links out, linked directories, dangling links and .git do not."""
    walk = Walk(workspace, workspace.root, Pattern("**"))
    assert list(walk) == ["c.txt", "in.txt", "a/x.txt", "b/10.txt", "b/2.txt"]
    assert walk.notes() == []


def test_a_walk_ends_and_says_so(workspace: Workspace) -> None:
    """A walk that saw too many entries stops, and its notes tell."""
    walk = Walk(workspace, workspace.root, Pattern("**"), entries=3)
    assert len(list(walk)) < 5
    assert walk.notes() == ["[stopped: too many files; name a narrower path]"]


def test_a_directory_that_cannot_be_listed_is_counted(workspace: Workspace) -> None:
    """What vanished or is closed is told, not hidden."""
    walk = Walk(workspace, workspace.root / "missing", Pattern("**"))
    assert list(walk) == []
    assert walk.notes() == ["[1 directories could not be read]"]


def test_a_missing_start_is_refused(workspace: Workspace) -> None:
    """A search that begins nowhere is an error, not an empty answer."""
    assert start_of(workspace, "a") == workspace.root / "a"
    with pytest.raises(ToolError, match="no such path: 'nowhere'"):
        start_of(workspace, "nowhere")
    with pytest.raises(ToolError, match="outside"):
        start_of(workspace, "out")


def test_records_of_chats_are_searched_only_on_purpose(tmp_path: Path) -> None:
    """A search of the whole workspace would find everything that was ever said in it."""
    for name in (".nexdiag/chat/0", ".git", "src"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "f").write_text("")
    workspace = Workspace(tmp_path)
    assert list(Walk(workspace, workspace.root, Pattern("**"))) == ["src/f"]
    assert list(Walk(workspace, workspace.root / ".nexdiag", Pattern("**"))) == [".nexdiag/chat/0/f"]
