"""With what a recording was made: versions of the libraries that had a part in it, and the git commit at hand."""

import platform
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import msgspec

from nexdiag.core.cassette import Header
from nexdiag.core.version import TOOL

LIBRARIES = ("httpx", "httpx2", "openai", "anthropic", "litellm", "vcrpy", "requests", "aiohttp")
"""Those whose version tells why a recording looks as it does; only what is installed is named."""
_PATIENCE = 2.0
"""Seconds for git: in a huge tree it may look for long, and nobody waits for that."""


def stamped(header: Header, *, directory: Path, libraries: Sequence[str] = LIBRARIES) -> Header:
    """The header with our name and version, the versions of libraries, and the commit that is checked out."""
    return msgspec.structs.replace(
        header,
        tool=TOOL,
        libraries={"python": platform.python_version()} | versions(libraries),
        commit=commit(directory),
    )


def versions(names: Sequence[str]) -> dict[str, str]:
    """The installed version of each that is installed."""
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
