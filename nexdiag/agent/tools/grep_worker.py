"""The half of grep that runs in a process of its own: searches the files that it is sent for one regular expression.

Python's `re` can take longer than the universe on a small text, and holds the interpreter while it does, so neither a
thread nor a signal handler could end it. A process can be ended. This one is started by path, isolated and without
`site` (about 25 ms); it therefore imports nothing but the standard library. It opens no files: `grep` reads them, so
that only `Workspace` decides what may be read.

In: one JSON line {"pattern", "matches"}, then for each file one JSON line {"path", "size"} and its bytes.
Out: one JSON line a match {"path", "line", "text"}, or one {"error"}.
"""

import contextlib
import json
import re
import resource
import sys
from typing import Any, BinaryIO

MEMORY = 1 << 29
"""Bytes of address space: a regular expression can also be made to eat memory."""
_WIDTH = 300
"""Characters shown of a longer line, around its match."""


def search(source: BinaryIO, target: BinaryIO) -> None:
    """Answer one request."""
    request = json.loads(source.readline())
    try:
        pattern = re.compile(request["pattern"])
    except (re.error, OverflowError, RecursionError, MemoryError) as error:
        _say(target, {"error": f"{error}" or type(error).__name__})
        return
    try:
        _search_files(source, target, pattern, request["matches"])
    except (RecursionError, MemoryError) as error:
        _say(target, {"error": f"it needs too much memory ({type(error).__name__})"})


def _search_files(source: BinaryIO, target: BinaryIO, pattern: re.Pattern[str], left: int) -> None:
    while left and (header := source.readline()):
        file = json.loads(header)
        text = source.read(file["size"]).decode("utf-8", "replace").removeprefix("\ufeff")
        for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
            match = pattern.search(line.removesuffix("\r"))
            if match:
                _say(target, {"path": file["path"], "line": number, "text": _excerpt(line.removesuffix("\r"), match)})
                left -= 1
                if not left:
                    break


def _excerpt(line: str, match: re.Match[str]) -> str:
    if len(line) <= _WIDTH:
        return line
    start = max(0, min(match.start() - _WIDTH // 3, len(line) - _WIDTH))
    end = start + _WIDTH
    return "..." * (start > 0) + line[start:end] + "..." * (end < len(line))


def _say(target: BinaryIO, answer: dict[str, Any]) -> None:
    # At once: what was found before a time limit is still told.
    target.write(json.dumps(answer).encode() + b"\n")
    target.flush()


if __name__ == "__main__":
    with contextlib.suppress(ValueError, OSError):  # a lower limit is already set, or the system has none
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    search(sys.stdin.buffer, sys.stdout.buffer)
