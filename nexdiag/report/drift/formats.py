"""The formats of `nexdiag drift` and `nexdiag diff --schema`, in one table."""

from collections.abc import Callable

from nexdiag.core.drift import Drift
from nexdiag.report.drift import github, json, jsonl, junit, md, sarif, text

FORMATS: dict[str, Callable[[Drift], str]] = {
    "text": text.whole,
    "json": json.whole,
    "jsonl": jsonl.whole,
    "github": github.whole,
    "junit": junit.whole,
    "sarif": sarif.whole,
    "md": md.whole,
}
HOLD_UNCHECKED = ("text", "json", "github", "junit", "sarif", "md")
"""Those that hold what was not checked themselves; beside the other it is told on stderr."""
