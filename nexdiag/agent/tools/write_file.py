"""write_file: a whole file at once, replaced in one move."""

import os
import threading
from pathlib import Path
from typing import Any, ClassVar

from nexdiag.agent.tools.scan import digest_of_file, go_on, in_thread
from nexdiag.agent.tools.seen import Seen, digest_of
from nexdiag.agent.tools.tool import check, shown
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError


class WriteFile:
    """Writes what the model gives, byte for byte."""

    name = "write_file"
    read_only = False
    description = (
        "Write a file: its whole content is replaced. Missing directories are made. A file that exists must have been "
        "read before; edit_file changes a part of one."
    )
    parameters: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "File, relative to the working directory"},
            "content": {"type": "string", "description": "The whole new content"},
        },
        "required": ["path", "content"],
        "additionalProperties": False,
    }

    def __init__(self, workspace: Workspace, *, seen: Seen | None = None) -> None:
        """Write within `workspace` only; with `seen`, over an existing file only if the model knows what is in it."""
        self._workspace = workspace
        self._seen = seen

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return what was written, in one line."""
        given = check(arguments, self.parameters)
        content = encoded(given["content"], "content")
        created = await in_thread(lambda stop: self._write(given["path"], content, stop))
        return f"{'Created' if created else 'Replaced'} {shown(given['path'])}: {len(content)} bytes"

    def _write(self, path: str, content: bytes, stop: threading.Event) -> bool:
        with self._workspace.alone(path) as place:
            if self._seen is not None:
                self._demand_known(path, place, self._seen, stop)
            go_on(stop)  # it may have waited for its turn; a call that was cancelled since must not act
            created = self._workspace.replace(path, content)
            if self._seen is not None:
                self._seen.note(place, digest_of([content]))
        return created

    def _demand_known(self, path: str, place: Path, seen: Seen, stop: threading.Event) -> None:
        """Refuse to replace what the model does not know: it could not say what it destroys."""
        try:
            with self._workspace.open(path) as file:
                size = os.fstat(file.fileno()).st_size
                standing = seen.standing(place, digest_of_file(file, stop))
        except ToolError:  # there is none yet, or none that can be read: replacing it says what is wrong with it
            return
        if size == 0 or standing == "same":
            return
        was = "you have not read it" if standing == "unseen" else "it has changed since you last read or wrote it"
        hint = "read_file first, then write; or change a part with edit_file"
        raise ToolError(f"file exists ({size} bytes), and {was}: {shown(path)}", hint=hint)


def encoded(text: str, argument: str) -> bytes:
    """Return the text as UTF-8; ToolError for a lone surrogate, which no file can hold."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ToolError(f"argument {argument!r} holds half of a character (surrogate) at {error.start}") from error
