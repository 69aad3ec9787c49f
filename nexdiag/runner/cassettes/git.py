"""Tells git how to show recordings: a line in .gitattributes, which is shared, and two settings, which are not."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from nexdiag.core.cassette import SUFFIX
from nexdiag.core.errors import NexdiagError, UsageError

DRIVER = "nexdiag"
ATTRIBUTES = f"*{SUFFIX} text eol=lf diff={DRIVER} -merge"
"""Line ends as they are; shown through our text; never merged line by line, which would break the file."""
_SHOW = "cassette show --textconv"
_HEADING = r"^((turn|session) [0-9].*|outside any turn)$"
"""Lines of our text that git puts above each change."""

Run = Callable[[Sequence[str], Path], "subprocess.CompletedProcess[str]"]


def set_up(directory: Path, *, program: str = "", run: Run | None = None) -> list[str]:
    """Set up the repository that holds `directory`; give what was done, a line each.

    Raises `UsageError` where there is no repository, `NexdiagError` where git or the disk refuses.
    """
    run = run or _run
    top = Path(_git(run, directory, "rev-parse", "--show-toplevel"))
    told = []
    command = f"{program or _program()} {_SHOW}"
    for name, value in ((f"diff.{DRIVER}.textconv", command), (f"diff.{DRIVER}.xfuncname", _HEADING)):
        if run(("git", "config", "--get", name), top).stdout.rstrip("\n") != value:
            _git(run, top, "config", "--local", name, value)
            told.append(f"set {name} to: {value}")
    if f": {DRIVER}" not in _git(run, top, "check-attr", "diff", "--", f"any{SUFFIX}"):
        _append(top / ".gitattributes")
        told.append(f"added to {top / '.gitattributes'}: {ATTRIBUTES}")
    return told


def _program() -> str:
    """How git, which has its own idea of the path, can start nexdiag."""
    return "nexdiag" if shutil.which("nexdiag") else f"{shlex.quote(sys.executable)} -m nexdiag"


def _append(path: Path) -> None:
    try:
        before = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
        joint = "\n" if before and not before.endswith("\n") else ""
        with path.open("a", encoding="utf-8") as stream:
            stream.write(f"{joint}{ATTRIBUTES}\n")
    except OSError as error:
        hint = f"add this line yourself: {ATTRIBUTES}"
        raise NexdiagError(f"cannot write {path}: {error.strerror}", hint=hint) from error


def _git(run: Run, directory: Path, *arguments: str) -> str:
    done = run(("git", *arguments), directory)
    if done.returncode:
        words = done.stderr.strip() or f"git {arguments[0]} failed"
        if arguments[0] == "rev-parse":
            raise UsageError(f"{directory} is in no git repository: {words}", hint="make one with: git init")
        raise NexdiagError(f"git refused: {words}", hint="see docs/how-to/cassettes-in-git.md to set it by hand")
    return done.stdout.strip()


def _run(command: Sequence[str], directory: Path) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(  # noqa: S603 - git, with arguments of ours
            command, cwd=directory, capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"}
        )
    except FileNotFoundError as error:
        raise UsageError("git is not installed", hint="install git") from error
    except OSError as error:
        raise UsageError(f"git cannot be run in {directory}: {error.strerror}", hint="name a directory") from error
