"""Where recordings and reports are put when nobody names a file."""

import re
from pathlib import Path

from nexdiag.runner.load import SUFFIX

_LONGEST = 100
"""Characters of a name: file systems end at 255 bytes."""


def cassette_path(endpoint: str, scenario: str) -> Path:
    """cassettes/<host and port>/<scenario>.cassette.jsonl: named for the scenario, not for a test.

    `endpoint` is a URL; neither its credentials nor its path are in the name. `scenario` is the scenario's name.
    """
    host = re.split(r"[/?#]", re.sub(r"^\w+://", "", endpoint), maxsplit=1)[0].rpartition("@")[2]
    return Path("cassettes") / _clean(host) / f"{_clean(scenario)}{SUFFIX}"


def page_path(title: str) -> Path:
    """reports/<title>.html, for a report of that title; a title may be a cassette's path."""
    return Path("reports") / f"{_clean(Path(title).name.removesuffix(SUFFIX))}.html"


def _clean(name: str) -> str:
    """A name for one file or directory, which is neither hidden nor an option."""
    return re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.")[:_LONGEST] or "unnamed"
