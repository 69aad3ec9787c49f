"""Reading cassettes from disk."""

from pathlib import Path

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import SUFFIX, Cassette
from nexdiag.core.errors import NothingToDo
from nexdiag.runner.cassettes import files


def load(path: str | Path, *, splitter: Splitter | None = None) -> Cassette:
    """The recording in a file. Raises `CassetteError` if it cannot be read, or is no cassette.

    A torn tail is no error: what stands before it is read, and `Cassette.tear` tells.
    """
    return codec.decode(files.read(Path(path)), name=str(path), splitter=splitter)


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
