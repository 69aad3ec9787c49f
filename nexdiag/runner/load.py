"""Reading cassettes from disk."""

import shlex
import sys
from pathlib import Path

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import SUFFIX, Cassette
from nexdiag.core.errors import CassetteError, NothingToDo
from nexdiag.runner.cassettes import files

STDIN = "-"
_OTHERS = (".yaml", ".yml", ".har")
"""Ends of names that recordings of other tools have."""


def load(path: str | Path, *, splitter: Splitter | None = None) -> Cassette:
    """The recording in a file, or in stdin for `-`. Raises `CassetteError` if it cannot be read, or is no cassette.

    A torn tail is no error: what stands before it is read, and `Cassette.tear` tells.
    """
    raw = sys.stdin.buffer.read() if str(path) == STDIN else files.read(Path(path))
    try:
        return codec.decode(raw, name=str(path), splitter=splitter)
    except CassetteError as error:
        hint = _foreign(Path(path), raw)
        raise (CassetteError(error.what, hint=hint) if hint else error) from error


def _foreign(path: Path, raw: bytes) -> str:
    """How to convert a recording of another tool; empty for what looks like none."""
    if path.suffix.lower() in _OTHERS:
        return f"nexdiag convert {shlex.quote(str(path))} {shlex.quote(str(path.with_suffix(SUFFIX)))}"
    if raw[:1] == b"{" and not raw.startswith(b'{"cassette"'):
        return "a HAR file or a cassette of vcrpy is converted first: nexdiag convert A B.cassette.jsonl"
    return ""


def find(paths: list[Path]) -> list[Path]:
    """The files meant: each file named, and every cassette below each directory named, sorted.

    Raises `NothingToDo` when a directory holds none.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = sorted(path.rglob(f"*{SUFFIX}"))
            if not below:
                raise NothingToDo(f"no {SUFFIX} file below {path}", hint="record one with: nexdiag capture")
            found += below
        else:
            found.append(path)
    return found
