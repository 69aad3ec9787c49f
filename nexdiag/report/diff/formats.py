"""The formats of `nexdiag diff`, in one table."""

from collections.abc import Sequence
from typing import Protocol

from nexdiag.core.comparison import Comparison
from nexdiag.report.diff import json, jsonl, text


class Write(Protocol):
    """Writes comparisons, one for each pair of files."""

    def __call__(self, found: Sequence[Comparison], *, unfolded: bool = False) -> str:
        """`unfolded` shows what an earlier difference brought about as well."""
        ...


FORMATS: dict[str, Write] = {
    "text": text.whole,
    "json": json.whole,
    "jsonl": jsonl.whole,
}
HOLD_UNCHECKED = ("text", "json")
"""Those that hold what was not compared themselves; beside the others it is told on stderr."""
