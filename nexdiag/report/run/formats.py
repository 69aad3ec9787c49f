"""The formats of `nexdiag report`, in one table; text is the terminal's (report/terminal.py)."""

from collections.abc import Callable

from nexdiag.core.run import Report
from nexdiag.report import html, json
from nexdiag.report.run import github, jsonl, junit, md, sarif
from nexdiag.report.sources import NOWHERE, Sources

_PLAIN: dict[str, Callable[[Report], str]] = {
    "json": json.report_json,
    "jsonl": jsonl.whole,
    "md": md.whole,
    "html": html.render,
}
_PLACED: dict[str, Callable[[Report, Sources], str]] = {
    "github": github.whole,
    "junit": junit.whole,
    "sarif": sarif.whole,
}
"""Those that name a place in a file."""
NAMES = ("text", *_PLAIN, *_PLACED)
PLACED = tuple(_PLACED)


def written(form: str, report: Report, sources: Sources = NOWHERE) -> str:
    """The report in one of the formats, but for text."""
    return _PLACED[form](report, sources) if form in _PLACED else _PLAIN[form](report)
