"""The formats of `nexdiag drift` and `nexdiag diff --schema`, in one table."""

from collections.abc import Callable

from nexdiag.core.drift import Drift
from nexdiag.report.drift import github, json, jsonl, junit, md, sarif, text
from nexdiag.report.sources import Sources

FORMATS: dict[str, Callable[[Drift], str]] = {
    "text": text.whole,
    "json": json.whole,
    "jsonl": jsonl.whole,
    "github": github.whole,
    "junit": junit.whole,
    "sarif": sarif.whole,
    "md": md.whole,
}
_PLACED: dict[str, Callable[[Drift, Sources], str]] = {"github": github.whole, "sarif": sarif.whole}
PLACED = tuple(_PLACED)
"""Those that name a place in a file: they say more where it is known."""
HOLD_UNCHECKED = ("text", "json", "github", "junit", "sarif", "md")
"""Those that hold what was not checked themselves; beside the other it is told on stderr."""


def placed(form: str, drift: Drift, sources: Sources) -> str:
    """One of those that name places."""
    return _PLACED[form](drift, sources)
