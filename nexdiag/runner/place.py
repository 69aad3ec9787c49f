"""Where recordings and reports are put when nobody names a file, or names one that is there."""

import os
import re
from pathlib import Path

from nexdiag.core.cassette import SUFFIX

_LONGEST = 100
"""Characters of a name: file systems end at 255 bytes."""
_UNNAMED = "unnamed"


def cassette_path(endpoint: str, scenario: str) -> Path:
    """cassettes/<host and port>/<scenario>.cassette.jsonl: named for the scenario, not for a test.

    `endpoint` is a URL; neither its credentials nor its path are in the name. `scenario` is the scenario's name.
    """
    host = re.split(r"[/?#]", re.sub(r"^\w+://", "", endpoint), maxsplit=1)[0].rpartition("@")[2]
    return Path("cassettes") / (name_of(host) or _UNNAMED) / f"{name_of(scenario) or _UNNAMED}{SUFFIX}"


def next_recording(path: Path) -> Path:
    """Where to record on: no cassette is written twice, so the next one has a number behind its name."""
    stem = path.name.removesuffix(SUFFIX)
    number, there = 1, path
    while os.path.lexists(there):
        number += 1
        there = path.with_name(f"{stem}-{number}{SUFFIX}")
    return there


def page_path(title: str) -> Path:
    """reports/<title>.html, for a report of that title; a title may be a cassette's path."""
    return Path("reports") / f"{name_of(Path(title).name.removesuffix(SUFFIX)) or _UNNAMED}.html"


def name_of(said: str, *, longest: int = _LONGEST) -> str:
    """A name for one file or directory, which is neither hidden nor an option; empty if nothing in it makes one.

    One that is too long is cut at the end of a word.
    """
    name = re.sub(r"[^\w.]+", "-", said, flags=re.ASCII).strip("-._")
    return name if len(name) <= longest else name[: longest + 1].rpartition("-")[0] or name[:longest]
