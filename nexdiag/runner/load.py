"""Reading cassettes and scenarios from disk."""

from pathlib import Path

from nexdiag.codec import cassette as codec
from nexdiag.codec import scenario
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError, NothingToDo, UsageError
from nexdiag.core.scenario import Scenario

SUFFIX = ".cassette.jsonl"
_LARGEST = 2 * 1024**3


def load(path: str | Path, *, splitter: Splitter | None = None) -> Cassette:
    """The recording in a file. Raises `CassetteError` if it cannot be read, or is no cassette.

    A torn tail is no error: what stands before it is read, and `Cassette.tear` tells.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise CassetteError(f"{path} is larger than 2 GiB", hint="split the recording")
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise CassetteError(f"no cassette at {path}", hint="record one with: nexdiag capture") from error
    except OSError as error:
        raise CassetteError(f"{path} cannot be read: {error.strerror}", hint="name a *.cassette.jsonl file") from error
    return codec.decode(raw, name=str(path), splitter=splitter)


def load_scenario(path: Path) -> Scenario:
    """The scenario in a TOML file. Raises `UsageError`, which names line and key where it can."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the scenario {path} cannot be read: {error}", hint="see docs/reference/scenario.md"
        ) from error
    return scenario.decode(text, name=path.name)


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
