"""Promises of `nexdiag.runner.provenance`."""

import platform
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from nexdiag.core.cassette import Header
from nexdiag.core.version import TOOL
from nexdiag.runner.provenance import commit, stamped


def git(directory: Path, *arguments: str) -> None:
    """A git command with nothing of the machine's configuration."""
    settings = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(directory), *settings, *arguments], check=True, capture_output=True)


def test_the_commit_is_named_and_whether_files_were_changed(tmp_path: Path) -> None:
    """40 digits for a clean tree, with a plus when a tracked file differs from it."""
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    assert commit(tmp_path) == ""
    git(tmp_path, "commit", "-qm", "one")
    clean = commit(tmp_path)
    assert len(clean) == 40
    (tmp_path / "a").write_text("2")
    assert commit(tmp_path) == clean + "+"


def test_without_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a directory outside git, nor a machine without it, is an error."""
    assert commit(tmp_path) == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit(tmp_path) == ""


def test_only_what_is_installed_has_a_version() -> None:
    """A library that is not there is not named; neither is one that nobody named."""
    assert list(stamped(Header(), libraries=["httpx", "no-such-library-anywhere"]).libraries) == ["python", "httpx"]


def test_the_clients_that_are_loaded_have_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody names libraries: one that is only installed had no part in it, and a version may be anything."""
    monkeypatch.delitem(sys.modules, "openai", raising=False)
    monkeypatch.setitem(sys.modules, "anthropic", ModuleType("anthropic"))
    libraries = stamped(Header()).libraries
    assert libraries["httpx"] == httpx.__version__
    assert not {"openai", "anthropic"} & libraries.keys()


def test_a_header_is_stamped(tmp_path: Path) -> None:
    """With our version and Python's; what it said before stays, but for a commit where one is looked for."""
    header = stamped(Header(model="m", commit="c"))
    assert (header.tool, header.model, header.commit) == (TOOL, "m", "c")
    assert header.libraries["python"] == platform.python_version()
    assert stamped(header, directory=tmp_path).commit == ""
