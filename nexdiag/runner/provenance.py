"""With what a recording was made: versions of the libraries that had a part in it, and the git commit at hand."""

import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import msgspec

from nexdiag.core.cassette import Header
from nexdiag.core.version import TOOL

_CLIENTS = ("anthropic", "httpx", "httpx2", "langchain_openai", "litellm", "llm", "openai", "pydantic_ai")
"""Libraries whose versions may explain a recording that is made in their process, where they are loaded."""
_PATIENCE = 2.0
"""Seconds for git: in a huge tree it may look for long, and nobody waits for that."""


def stamped(header: Header, *, directory: Path | None = None, libraries: Sequence[str] | None = None) -> Header:
    """The header with our name and version, and with the versions of Python and of libraries.

    `libraries` are those that have a part in the recording; where nobody names them, the clients that are loaded.
    `directory`: its commit is told; without it, the one that the header has stays.
    """
    return msgspec.structs.replace(
        header,
        tool=TOOL,
        libraries={"python": platform.python_version()} | (_loaded() if libraries is None else _installed(libraries)),
        commit=header.commit if directory is None else commit(directory),
    )


def _loaded() -> dict[str, str]:
    """To look for the metadata of each would take milliseconds, and somebody waits for his first request."""
    found = ((name, getattr(sys.modules.get(name), "__version__", None)) for name in _CLIENTS)
    return {name: version for name, version in found if isinstance(version, str)}


def _installed(names: Sequence[str]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit(directory: Path) -> str:
    """The commit that is checked out there, with `+` after it if tracked files were changed; empty if there is none."""
    try:
        head = _git(directory, "rev-parse", "HEAD")
        if head.returncode != 0:
            return ""
        changed = _git(directory, "diff-index", "--quiet", "HEAD", "--").returncode != 0
    except (OSError, subprocess.SubprocessError):  # no git, or one that takes too long
        return ""
    return head.stdout.strip() + "+" * changed


def _git(directory: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["git", "-C", str(directory), *arguments]
    return subprocess.run(  # noqa: S603 - git, by name, with words of ours
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
