"""write_file: a whole file at once, replaced in one move."""

import asyncio
from typing import Any, ClassVar

from nexdiag.agent.tools.tool import check, shown
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError


class WriteFile:
    """Writes what the model gives, byte for byte."""

    name = "write_file"
    read_only = False
    description = "Write a file: its whole content is replaced. Missing directories are made."
    parameters: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "File, relative to the working directory"},
            "content": {"type": "string", "description": "The whole new content"},
        },
        "required": ["path", "content"],
        "additionalProperties": False,
    }

    def __init__(self, workspace: Workspace) -> None:
        """Write within `workspace` only."""
        self._workspace = workspace

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return what was written, in one line."""
        given = check(arguments, self.parameters)
        content = encoded(given["content"], "content")
        created = await asyncio.to_thread(self._workspace.replace, given["path"], content)
        return f"{'Created' if created else 'Replaced'} {shown(given['path'])}: {len(content)} bytes"


def encoded(text: str, argument: str) -> bytes:
    """Return the text as UTF-8; ToolError for a lone surrogate, which no file can hold."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ToolError(f"argument {argument!r} holds half of a character (surrogate) at {error.start}") from error
