"""grep: the lines that match a regular expression.

The expression comes from a model and may be catastrophic, so it is tried in a process of its own that a time limit can
end (see `grep_worker`, which has the reason). This half finds and reads the files, in threads.
"""

import asyncio
import contextlib
import json
import sys
from pathlib import Path
from typing import Any, ClassVar

from nexdiag.agent.tools import grep_worker
from nexdiag.agent.tools.output import head
from nexdiag.agent.tools.read_file import is_binary
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.tool import check, shown
from nexdiag.agent.tools.walk import Pattern, Walk, start_of
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError

CAP = 4000
MATCHES = 1000
SECONDS = 20.0
FILE_SIZE = 10 << 20

_BATCH = 1 << 20
"""Bytes read ahead in one go: more would only wait in memory."""
_NOTES = 400
"""Characters kept free for what was not searched."""


class Grep:
    """Finds text in files."""

    name = "grep"
    read_only = True
    description = (
        "Search file contents for a regular expression (Python syntax), line by line. Gives path:line:text. "
        "Skips binary files and .git."
    )
    parameters: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "pattern": {"type": "string", "description": "Regular expression; (?i) in front ignores case"},
            "path": {"type": "string", "description": "File or directory (default: the working directory)"},
            "glob": {"type": "string", "description": "Only files like this, such as *.py or src/**/*.ts"},
        },
        "required": ["pattern"],
        "additionalProperties": False,
    }

    def __init__(self, workspace: Workspace, *, spill: Spill | None = None, seconds: float = SECONDS) -> None:
        """Search within `workspace` only, for at most `seconds`."""
        self._workspace = workspace
        self._spill = spill or Spill(root=workspace.root)
        self._seconds = seconds

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return the matching lines, and what was not searched."""
        given = check(arguments, self.parameters)
        files = _Files(self._workspace, given.get("path", "."), given.get("glob"))
        found: list[str] = []
        in_time = True
        try:
            async with asyncio.timeout(self._seconds):
                await _search(given["pattern"], files, found)
        except TimeoutError:
            in_time = False
        if not in_time and not found:
            raise ToolError(
                f"the search took longer than {self._seconds:g} s",
                hint="simplify the pattern (nested repeats are slow), or name a narrower path",
            )
        notes = files.notes()
        if len(found) >= MATCHES:
            notes.append(f"[stopped after {MATCHES} matches]")
        if not in_time:
            notes.append(f"[stopped after {self._seconds:g} s: not everything was searched]")
        text = "\n".join(found or ["No matches found."])
        return "\n".join([self._spill.fit(self.name, text, CAP - _NOTES, cut=head), *notes])


class _Files:
    """The files to search, read one after the other, with a count of those that were left out."""

    def __init__(self, workspace: Workspace, path: str, glob: str | None) -> None:
        self._workspace = workspace
        start = start_of(workspace, path)
        # A pattern without a slash means the name, wherever the file lies: what ripgrep and the models take it for.
        pattern = Pattern("**" if glob is None else glob if "/" in glob else f"**/{glob}")
        self._walk = Walk(workspace, start, pattern)
        self._paths = iter(self._walk if start.is_dir() else [workspace.relative(start)])
        self._large = 0
        self._unread = 0

    def batch(self) -> bytes:
        """Return the next files as the worker wants them; empty after the last."""
        parts: list[bytes] = []
        size = 0
        for path in self._paths:
            content = self._read(path)
            if content is not None:
                parts += [json.dumps({"path": path, "size": len(content)}).encode() + b"\n", content]
                size += len(content)
            if size >= _BATCH or len(parts) > _BATCH // 1024:
                break
        return b"".join(parts)

    def _read(self, path: str) -> bytes | None:
        """Return the content of a text file; None for one that is not searched."""
        try:
            with self._workspace.open(path) as file:
                if is_binary(file):
                    return None
                content = file.read(FILE_SIZE + 1)
        except (ToolError, OSError):
            self._unread += 1
            return None
        if len(content) > FILE_SIZE:
            self._large += 1
            return None
        return content

    def notes(self) -> list[str]:
        """Return what was left out and why, one line each: it never counts as searched."""
        lines = [f"[not searched: {self._large} files over {FILE_SIZE >> 20} MiB]"] if self._large else []
        lines += [f"[not searched: {self._unread} unreadable files]"] if self._unread else []
        return [*lines, *self._walk.notes()]


async def _search(pattern: str, files: _Files, found: list[str]) -> None:
    """Run the worker over the files; `found` grows as it answers, so that a time limit keeps what there is."""
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-IS",
        str(Path(grep_worker.__file__)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        feeding = asyncio.create_task(_feed(worker.stdin, pattern, files))
        try:
            async for line in worker.stdout:
                found.append(_row(json.loads(line), pattern))  # noqa: PERF401 - a time limit keeps what there is
        finally:
            feeding.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await feeding
        if code := await worker.wait():
            raise ToolError(f"cannot search for {shown(pattern)}: the search died (exit code {code})")
    finally:
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        await worker.communicate()


async def _feed(stdin: asyncio.StreamWriter, pattern: str, files: _Files) -> None:
    stdin.write(json.dumps({"pattern": pattern, "matches": MATCHES}).encode() + b"\n")
    while batch := await asyncio.to_thread(files.batch):
        stdin.write(batch)
        await stdin.drain()
    stdin.close()


def _row(answer: dict[str, Any], pattern: str) -> str:
    if "error" in answer:
        raise ToolError(f"cannot search for {shown(pattern)}: {answer['error']}")
    return f"{answer['path']}:{answer['line']}:{answer['text']}"
