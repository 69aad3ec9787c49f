"""Nothing outside the workspace is reached, by whatever path or link, and writing is all or nothing."""

import os
import resource
import stat
import threading
from pathlib import Path

import pytest

from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError, UsageError


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory beside the workspace, with a secret in it."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text("secret")
    return folder


@pytest.fixture
def workspace(tmp_path: Path, outside: Path) -> Workspace:
    root = tmp_path / "work"
    root.mkdir()
    (root / "sub").mkdir()
    (root / "sub" / "a.txt").write_text("a")
    (root / "file_out").symlink_to(outside / "secret")
    (root / "folder_out").symlink_to(outside)
    (root / "relative_out").symlink_to("../outside/secret")
    (root / "dangling_out").symlink_to(outside / "not yet")
    (root / "dangling_in").symlink_to(root / "not yet")
    (root / "loop").symlink_to("loop")
    (root / "link_in").symlink_to("sub/a.txt")
    return Workspace(root)


OUT = [
    "..",
    "../outside/secret",
    "sub/../../outside/secret",
    "missing/../../outside/secret",
    "/etc/passwd",
    "file_out",
    "folder_out",
    "folder_out/secret",
    "folder_out/new",
    "relative_out",
    "dangling_out",
    "loop/../../outside/secret",
    "../work2/x",
]


@pytest.mark.parametrize("path", OUT)
def test_every_way_out_is_refused(workspace: Workspace, outside: Path, path: str) -> None:
    """Resolving, reading and writing refuse it alike, in the model's own spelling, and leave the outside alone."""
    for attempt in (workspace.resolve, workspace.open, lambda name: workspace.replace(name, b"x")):
        with pytest.raises(ToolError) as caught:
            attempt(path)
        assert repr(path) in caught.value.what
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "secret"


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800", "x" * 5000, "loop", "sub/a.txt/b"])
def test_unusable_paths_are_refused(workspace: Workspace, path: str) -> None:
    """Empty, overlong, circular and impossible names become ToolErrors, whatever the system calls them."""
    for attempt in (workspace.open, lambda name: workspace.replace(name, b"x")):
        with pytest.raises(ToolError) as caught:
            attempt(path)
        assert len(caught.value.what) < 1000


def test_paths_inside_are_resolved(workspace: Workspace) -> None:
    """Relative, absolute and linked names lead to the real place, whether it exists or not."""
    root = workspace.root
    assert workspace.resolve("sub/a.txt") == root / "sub/a.txt"
    assert workspace.resolve(str(root / "new/file")) == root / "new/file"
    assert workspace.resolve("link_in") == root / "sub/a.txt"
    assert workspace.resolve("dangling_in") == root / "not yet"
    assert workspace.resolve(".") == root
    assert workspace.relative(root / "sub/a.txt") == "sub/a.txt"


def test_a_workspace_reached_by_a_link_is_the_real_one(workspace: Workspace, tmp_path: Path) -> None:
    """The root may itself be a link: what lies below it is inside."""
    (tmp_path / "alias").symlink_to(workspace.root)
    alias = Workspace(tmp_path / "alias")
    with alias.open("sub/a.txt") as file:
        assert file.read() == b"a"


def test_a_root_that_is_no_directory_is_a_usage_error(tmp_path: Path) -> None:
    """A missing working directory is told at once."""
    with pytest.raises(UsageError, match="must be a directory"):
        Workspace(tmp_path / "missing")


def test_a_link_planted_after_the_check_is_not_followed(
    workspace: Workspace, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a directory becomes a link between check and use, the kernel refuses: reading and writing both."""
    checked = workspace.resolve("sub/secret")
    (workspace.root / "sub" / "a.txt").unlink()
    (workspace.root / "sub").rmdir()
    (workspace.root / "sub").symlink_to(outside)
    monkeypatch.setattr(workspace, "resolve", lambda path, writing=False: checked)
    with pytest.raises(ToolError):
        workspace.open("sub/secret")
    with pytest.raises(ToolError):
        workspace.replace("sub/secret", b"x")
    assert (outside / "secret").read_text() == "secret"


def test_a_file_that_becomes_a_link_after_the_check_is_not_followed(
    workspace: Workspace, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last part of the path is guarded like the others."""
    checked = workspace.resolve("sub/a.txt")
    checked.unlink()
    checked.symlink_to(outside / "secret")
    monkeypatch.setattr(workspace, "resolve", lambda path, writing=False: checked)
    with pytest.raises(ToolError):
        workspace.open("sub/a.txt")
    with pytest.raises(ToolError):
        workspace.replace("sub/a.txt", b"x")
    assert (outside / "secret").read_text() == "secret"


def test_only_regular_files_are_opened(workspace: Workspace) -> None:
    """Directories and pipes are refused; a pipe that nobody writes to does not hang."""
    os.mkfifo(workspace.root / "pipe")
    with pytest.raises(ToolError, match="not a regular file"):
        workspace.open("pipe")
    with pytest.raises(ToolError, match="not a regular file"):
        workspace.replace("pipe", b"x")
    for path in ("sub", "."):
        with pytest.raises(ToolError, match="is a directory"):
            workspace.open(path)
        with pytest.raises(ToolError, match="is a directory"):
            workspace.replace(path, b"x")


def test_a_missing_file_is_told_with_its_nearest_neighbour(workspace: Workspace) -> None:
    """A misspelt name gets the right one as hint."""
    with pytest.raises(ToolError, match=r"no such file: 'sub/b\.txt'") as caught:
        workspace.open("sub/b.txt")
    assert "a.txt" in caught.value.hint


def test_replace_makes_parents_and_says_what_is_new(workspace: Workspace) -> None:
    """A new file gets its directories and the usual mode; writing it again replaces it."""
    assert workspace.replace("x/y/z.txt", b"1")
    assert not workspace.replace("x/y/z.txt", b"2")
    assert (workspace.root / "x/y/z.txt").read_bytes() == b"2"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((workspace.root / "x/y/z.txt").stat().st_mode) == 0o666 & ~mask


def test_replace_keeps_the_mode(workspace: Workspace) -> None:
    """A script stays executable, a private file private."""
    for mode in (0o755, 0o600):
        (workspace.root / "sub/a.txt").chmod(mode)
        workspace.replace("sub/a.txt", b"new")
        assert stat.S_IMODE((workspace.root / "sub/a.txt").stat().st_mode) == mode


def test_replace_through_a_link_keeps_the_link(workspace: Workspace) -> None:
    """The file that a link inside the workspace names is written, and the link stays one."""
    workspace.replace("link_in", b"new")
    assert (workspace.root / "link_in").is_symlink()
    assert (workspace.root / "sub/a.txt").read_bytes() == b"new"


def test_replace_respects_a_read_only_file(workspace: Workspace) -> None:
    """A file without any write permission stays, though a rename could get past it."""
    (workspace.root / "sub/a.txt").chmod(0o444)
    with pytest.raises(ToolError, match="read-only"):
        workspace.replace("sub/a.txt", b"new")
    assert (workspace.root / "sub/a.txt").read_bytes() == b"a"


def test_replace_is_seen_whole_or_not_at_all(workspace: Workspace) -> None:
    """Who has the old file open keeps reading the old content."""
    with workspace.open("sub/a.txt") as old:
        workspace.replace("sub/a.txt", b"new")
        assert old.read() == b"a"


def test_a_failed_write_leaves_the_old_file_and_no_litter(workspace: Workspace) -> None:
    """When the disk is full in the middle of writing, the file is as before and no temporary file remains."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(ToolError, match="File too large"):
            workspace.replace("sub/a.txt", b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in (workspace.root / "sub").iterdir()] == ["a.txt"]
    assert (workspace.root / "sub/a.txt").read_bytes() == b"a"


def test_a_reading_place_is_for_reading_only(tmp_path: Path) -> None:
    """Kept outputs lie outside the workspace: they are read by their whole path, and never written; nothing beside."""
    for name in ("work", "kept", "secret"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f").write_text(name)
    (tmp_path / "kept" / "out").symlink_to(tmp_path / "secret" / "f")
    workspace = Workspace(tmp_path / "work", reading=[tmp_path / "kept", tmp_path / "not yet"])
    with workspace.open(str(tmp_path / "kept" / "f")) as file:
        assert file.read() == b"kept"
    assert workspace.relative(tmp_path / "kept" / "f") == str(tmp_path / "kept" / "f")
    with pytest.raises(ToolError, match="only for reading"):
        workspace.replace(str(tmp_path / "kept" / "f"), b"x")
    for path in ("../kept/../secret/f", str(tmp_path / "kept" / "out"), str(tmp_path / "kept2")):
        with pytest.raises(ToolError, match="outside the workspace"):
            workspace.open(path)


def test_two_changes_of_one_file_wait_for_each_other(tmp_path: Path) -> None:
    """Whatever it is called, and whichever chat's workspace it is changed through; others do not wait."""
    (tmp_path / "f").write_text("")
    (tmp_path / "link").symlink_to("f")
    one, other = Workspace(tmp_path), Workspace(tmp_path)
    order: list[str] = []

    def second() -> None:
        with other.alone("link"):
            order.append("second")

    thread = threading.Thread(target=second)
    with one.alone("f"):
        thread.start()
        with other.alone("g"):
            order.append("another file")
        thread.join(0.05)
        order.append("first")
    thread.join()
    assert order == ["another file", "first", "second"]


def test_a_closed_directory_is_neither_read_nor_written(tmp_path: Path) -> None:
    """Not by its name, by a link, or in a search; what of it may be read is read, and not written."""
    state = tmp_path / ".nexdiag"
    (state / "kept").mkdir(parents=True)
    (state / "config.toml").write_text("deny")
    (state / "kept" / "out").write_text("out")
    (tmp_path / "link").symlink_to(".nexdiag")
    workspace = Workspace(tmp_path, reading=[state / "kept"], closed=[state])
    for path in (
        ".nexdiag/config.toml",
        ".nexdiag",
        "link/config.toml",
        "x/../.nexdiag/new",
        str(state / "config.toml"),
    ):
        for attempt in (workspace.resolve, workspace.open, lambda name: workspace.replace(name, b"x")):
            with pytest.raises(ToolError, match="closed to tools"):
                attempt(path)
    assert not workspace.contains(state / "config.toml")
    with workspace.open(".nexdiag/kept/out") as file:
        assert file.read() == b"out"
    with pytest.raises(ToolError, match="only for reading"):
        workspace.replace(".nexdiag/kept/out", b"x")
    assert (state / "config.toml").read_text() == "deny"


def test_a_workspace_within_its_state_is_not_closed(tmp_path: Path) -> None:
    """Whoever works in the state directory itself can work."""
    workspace = Workspace(tmp_path, closed=[tmp_path])
    assert workspace.replace("f", b"x")
