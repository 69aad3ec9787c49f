"""read_file: numbered lines of a text file. It never holds more of it than it shows, nor scans more than a limit."""

import os
import threading
from typing import Any, BinaryIO, ClassVar

import msgspec

from nexdiag.agent.tools.scan import LIMIT, at_end, blocks, in_thread, outline
from nexdiag.agent.tools.seen import Seen, digest_start
from nexdiag.agent.tools.tool import check, shown
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError

LINES = 2000
LINE_LENGTH = 2000
CAP = 16000

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
        return await in_thread(lambda stop: self._read(given["path"], first, given.get("limit", LINES), stop))

    def _read(self, path: str, first: int, limit: int, stop: threading.Event) -> str:
        with self._workspace.open(path) as file:
            if is_binary(file):
                raise ToolError(f"binary file: {shown(path)}", hint="look at it with a program through bash")
            if first < 0:
                total = count_lines(file, stop)
                if total is None:
                    raise _too_large(path, file, "lines cannot be counted from its end", "a positive offset")
                first = max(1, total + 1 + first)
            # No more lines than fit the cap are ever shown: each takes a number, a tab and a newline.
            window = _window(file, first, first + min(limit, CAP // 8) - 1, stop)
            if not (window.whole or window.lines):
                reach = max(1, window.last)
                raise _too_large(path, file, f"offset {first} is out of reach", f"an offset up to {reach}")
            size = os.fstat(file.fileno()).st_size
        self._seen.note(self._workspace.resolve(path), window.digest)
        if not window.whole:
            return _numbered(window.lines, first, None, f"a file of {size} bytes")
        if not window.last:
            return "(empty file)"
        if first > window.last:
            raise ToolError(f"offset {first} is past the end of {shown(path)}: it has {window.last} lines")
        return _numbered(window.lines, first, window.last, f"{window.last}")


class _Window(msgspec.Struct, frozen=True, kw_only=True):
    """Some lines of a file, each cut to a bounded length."""

    lines: list[bytes]
    last: int
    """Number of the last line of the file, or, of a file that was not read whole, of the last that can be shown."""
    whole: bool
    digest: bytes


def count_lines(file: BinaryIO, stop: threading.Event) -> int | None:
    """Return how many lines a file has, None if it is over the limit; leaves it at its start."""
    if os.fstat(file.fileno()).st_size > LIMIT:
        return None
    newlines, end = 0, b"\n"
    for block in blocks(file, stop):
        newlines += block.count(b"\n")
        end = block[-1:]
    whole = at_end(file)
    file.seek(0)
    return newlines + (end != b"\n") if whole else None


def is_binary(file: BinaryIO) -> bool:
    """Tell whether a NUL stands near the start of the file; leaves the file at its start."""
    start = file.read(_SNIFFED)
    file.seek(0)
    return b"\0" in start


def _window(file: BinaryIO, first: int, last: int, stop: threading.Event) -> _Window:
    """Return the lines `first` to `last` (from 1). Of a file over the limit, nothing behind them is read."""
    large = os.fstat(file.fileno()).st_size > LIMIT
    # Before it is read: a change in between is then one that the model does not know.
    known = outline(file) if large else b""
    file.seek(0)
    digest = digest_start()
    number = 1
    end = b"\n"
    kept: dict[int, bytearray] = {}
    for block in blocks(file, stop):
        newlines = block.count(b"\n")
        if number + newlines >= first and number <= last:
            for ahead, piece in enumerate(block.split(b"\n")):
                if first <= number + ahead <= last:
                    line = kept.setdefault(number + ahead, bytearray())
                    line += piece[: _LINE_BYTES - len(line)]
        number += newlines
        end = block[-1:]
        if large and number > last:
            break
        if not large:
            digest.update(block)
    whole = not large and at_end(file)
    # Where the scan ended within a line, the line counts only if all that is ever shown of it is there.
    partial = end != b"\n" if whole else len(kept.get(number, b"")) == _LINE_BYTES
    total = number - 1 + partial
    lines = [bytes(line) for at, line in kept.items() if at <= total]
    return _Window(lines=lines, last=total, whole=whole, digest=digest.digest() if whole else known or outline(file))


def _too_large(path: str, file: BinaryIO, why: str, instead: str) -> ToolError:
    size = os.fstat(file.fileno()).st_size
    what = f"{why}: {shown(path)} has {size} bytes, of which the first {LIMIT >> 20} MiB are scanned"
    return ToolError(what, hint=f"give {instead}, or use sed, tail or grep through bash")


def _numbered(lines: list[bytes], first: int, total: int | None, whole: str) -> str:
    """Return the rows that fit; if they do not end at the line `total`, with a footer that tells of what `whole`."""
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
    if total is None or last < total:
        shown_lines.append(f"[truncated: showed lines {first}..{last} of {whole}]")
    return "\n".join(shown_lines)
