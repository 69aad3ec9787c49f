"""glob: the files whose paths match a pattern."""

import asyncio
from pathlib import PurePosixPath
from typing import Any, ClassVar

from nexdiag.agent.tools.output import head
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.tool import check, shown
from nexdiag.agent.tools.walk import Pattern, Walk, start_of
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError

CAP = 4000
_NOTES = 150
"""Characters kept free for what the walk did not see."""


class Glob:
    """Finds files by name."""

    name = "glob"
    read_only = True
    description = (
        "Find files by pattern, such as **/*.py or src/**/*.{ts,tsx}. Gives paths relative to the working directory."
    )
    parameters: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "pattern": {"type": "string", "description": "Pattern of the path; ** stands for any directories"},
            "path": {"type": "string", "description": "Directory to search (default: the working directory)"},
        },
        "required": ["pattern"],
        "additionalProperties": False,
    }

    def __init__(self, workspace: Workspace, *, spill: Spill | None = None) -> None:
        """Search within `workspace` only."""
        self._workspace = workspace
        self._spill = spill or Spill(root=workspace.root)

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return the paths, sorted, one a line."""
        given = check(arguments, self.parameters)
        return await asyncio.to_thread(self._find, given["pattern"], given.get("path", "."))

    def _find(self, pattern: str, path: str) -> str:
        if pattern.startswith("/"):
            pattern, path = self._below(pattern), "."
        start = start_of(self._workspace, path)
        if not start.is_dir():
            raise ToolError(f"not a directory: {shown(path)}", hint="read_file shows a file")
        walk = Walk(self._workspace, start, Pattern(pattern))
        found = sorted(walk) or ["No files matched the pattern."]
        return "\n".join([self._spill.fit(self.name, "\n".join(found), CAP - _NOTES, cut=head), *walk.notes()])

    def _below(self, pattern: str) -> str:
        """Return an absolute pattern, relative to the root that it must begin with."""
        try:
            return str(PurePosixPath(pattern).relative_to(self._workspace.root))
        except ValueError:
            raise ToolError(f"pattern is outside the workspace: {shown(pattern)}") from None
