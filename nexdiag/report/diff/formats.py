"""The formats of `nexdiag diff`, in one table. The page for a browser is not in it: it wants both recordings."""

from collections.abc import Callable, Sequence

from nexdiag.core.comparison import Comparison
from nexdiag.report.diff import github, json, jsonl, junit, md, sarif, text
from nexdiag.report.diff.notable import Way

Write = Callable[[Sequence[Comparison], Way], str]
FORMATS: dict[str, Write] = {
    "text": lambda found, way: text.whole(found, unfolded=way.unfolded, chosen=way.chosen),
    "json": lambda found, way: json.whole(found, unfolded=way.unfolded),
    "jsonl": lambda found, way: jsonl.whole(found, unfolded=way.unfolded),
    "github": github.whole,
    "junit": junit.whole,
    "sarif": sarif.whole,
    "md": md.whole,
}
HOLD_UNCHECKED = ("text", "json", "github", "junit", "sarif", "md", "html")
"""Those that hold what was not compared themselves; beside the others it is told on stderr."""
PLACED = ("github", "junit", "sarif")
"""Those that name a place in a file: they say more where it is known."""
