"""read_file: numbered lines of a text file. It never holds more of the file than it shows."""

import asyncio
from typing import Any, BinaryIO, ClassVar

from nexdiag.agent.tools.seen import Seen, digest_start
from nexdiag.agent.tools.tool import check, shown
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError

LINES = 2000
LINE_LENGTH = 2000
CAP = 16000

_BLOCK = 1 << 18
_SNIFFED = 8192
"""Bytes at the start of a file that tell text from binary by the absence of NUL."""
_LINE_BYTES = 4 * (LINE_LENGTH + 1)
"""Enough for one character more than is shown, so that a cut is noticed: UTF-8 has at most four bytes a character."""
_FOOTER = 100
"""Characters kept free for the footer."""


class ReadFile:
    """Shows a file to the model."""

    name = "read_file"
    read_only = True
    description = (
        "Read a text file, with line numbers. A long file is shown in parts: use offset (first line; negative: counted "
        "from the end) and limit."
    )
    parameters: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "File, relative to the working directory"},
            "offset": {
                "type": "integer",
                "description": "First line to show, from 1 (default 1); -20 shows the last 20 lines",
            },
            "limit": {"type": "integer", "minimum": 1, "description": f"Lines to show (default {LINES})"},
        },
        "required": ["path"],
        "additionalProperties": False,
    }

    def __init__(self, workspace: Workspace, *, seen: Seen | None = None) -> None:
        """Read within `workspace` only; `seen` learns what the model has read."""
        self._workspace = workspace
        self._seen = seen or Seen()

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return the numbered lines, and a footer if not all up to the end are shown."""
        given = check(arguments, self.parameters)
        # 0 is what a model sends that counts from 0: it means the start
        first = given.get("offset", 1) or 1
        return await asyncio.to_thread(self._read, given["path"], first, given.get("limit", LINES))

    def _read(self, path: str, first: int, limit: int) -> str:
        with self._workspace.open(path) as file:
            if is_binary(file):
                raise ToolError(f"binary file: {shown(path)}", hint="look at it with a program through bash")
            if first < 0:
                total = count_lines(file)
                first = max(1, total + 1 + first)
            # No more lines than fit the cap are ever shown: each takes a number, a tab and a newline.
            lines, total, digest = _window(file, first, first + min(limit, CAP // 8) - 1)
        self._seen.note(self._workspace.resolve(path), digest)
        if not total:
            return "(empty file)"
        if first > total:
            raise ToolError(f"offset {first} is past the end of {shown(path)}: it has {total} lines")
        return _numbered(lines, first, total)


def count_lines(file: BinaryIO) -> int:
    """Return how many lines a file has; leaves it at its start."""
    newlines, end = 0, b"\n"
    while block := file.read(_BLOCK):
        newlines += block.count(b"\n")
        end = block[-1:]
    file.seek(0)
    return newlines + (end != b"\n")


def is_binary(file: BinaryIO) -> bool:
    """Tell whether a NUL stands near the start of the file; leaves the file at its start."""
    start = file.read(_SNIFFED)
    file.seek(0)
    return b"\0" in start


def _window(file: BinaryIO, first: int, last: int) -> tuple[list[bytes], int, bytes]:
    """Return the lines `first` to `last` (from 1), each cut to a bounded length; how many there are; their digest."""
    digest = digest_start()
    number = 1
    end = b"\n"
    kept: dict[int, bytearray] = {}
    while block := file.read(_BLOCK):
        digest.update(block)
        newlines = block.count(b"\n")
        if number + newlines >= first and number <= last:
            for ahead, piece in enumerate(block.split(b"\n")):
                if first <= number + ahead <= last:
                    line = kept.setdefault(number + ahead, bytearray())
                    line += piece[: _LINE_BYTES - len(line)]
        number += newlines
        end = block[-1:]
    total = number - 1 + (end != b"\n")
    return [bytes(line) for at, line in kept.items() if at <= total], total, digest.digest()


def _numbered(lines: list[bytes], first: int, total: int) -> str:
    shown_lines: list[str] = []
    room = CAP - _FOOTER
    for number, raw in enumerate(lines, first):
        text = raw.decode("utf-8", "replace").removesuffix("\r")
        if number == 1:
            text = text.removeprefix("\ufeff")
        if len(text) > LINE_LENGTH:
            text = text[:LINE_LENGTH] + " [line cut]"
        row = f"{number:6d}\t{text}"
        room -= len(row) + 1
        if room < 0:
            break
        shown_lines.append(row)
    last = first + len(shown_lines) - 1
    if last < total:
        shown_lines.append(f"[truncated: showed lines {first}..{last} of {total}]")
    return "\n".join(shown_lines)
