"""The formats of `nexdiag lint`, in one table."""

from collections.abc import Callable, Sequence

from nexdiag.core.judged import Judged
from nexdiag.report.lint import github, html, json, jsonl, junit, md, sarif, text
from nexdiag.report.sources import Sources

FORMATS: dict[str, Callable[[Sequence[Judged]], str]] = {
    "text": text.whole,
    "json": json.whole,
    "jsonl": jsonl.whole,
    "github": github.whole,
    "junit": junit.whole,
    "sarif": sarif.whole,
    "md": md.whole,
    "html": html.whole,
}
HOLD_UNCHECKED = ("text", "json", "github", "junit", "sarif", "md", "html")
"""Those that hold what was not checked themselves; beside the others it is told on stderr."""
_PLACED: dict[str, Callable[[Sequence[Judged], Sources], str]] = {
    "github": github.whole,
    "junit": junit.whole,
    "sarif": sarif.whole,
}
"""Those that name a place in a file: they say more where it is known."""
PLACED = tuple(_PLACED)


def placed(form: str, judged: Sequence[Judged], sources: Sources) -> str:
    """One of those that name places."""
    return _PLACED[form](judged, sources)
