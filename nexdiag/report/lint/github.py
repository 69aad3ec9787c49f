"""Judged → workflow commands of GitHub Actions: annotations, and the page of the step's summary."""

from collections.abc import Iterator, Sequence

from nexdiag.core.finding import Finding, Severity
from nexdiag.core.judged import Judged
from nexdiag.report.annotations import SUMMARY, Annotation, commands, no_command
from nexdiag.report.lint import md
from nexdiag.report.lint.summary import ranked, sentence
from nexdiag.report.lint.text import place
from nexdiag.report.visible import both_ends, one_line

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_SPARE = 16 * 1024


def whole(judged: Sequence[Judged]) -> str:
    """The annotations, the worst first, and all in a line."""
    told = [*_annotations(judged)]
    return "\n".join([*commands(told, "nexdiag lint"), no_command(sentence(judged))])


def step_summary(judged: Sequence[Judged], *, already: int = 0) -> str:
    """What to append to the file that GITHUB_STEP_SUMMARY names, and that holds `already` bytes; it may be nothing."""
    return md.whole(judged, limit=SUMMARY - _SPARE - already) + "\n" if already < SUMMARY // 2 else ""


def _annotations(judged: Sequence[Judged]) -> Iterator[Annotation]:
    for one, finding in ranked(judged):
        title = f"{finding.code} {finding.rule} {place(finding)}"
        yield Annotation(_LEVELS[finding.severity], one.file, title, "\n".join(_rows(finding)))
    for one in judged:
        yield from (Annotation("warning", one.file, "not checked", one_line(text, 300)) for text in one.unchecked)


def _rows(finding: Finding) -> Iterator[str]:
    yield both_ends(finding.summary, 400)
    if finding.server_words:
        yield f"the server: {both_ends(finding.server_words, 300)}"
    if finding.origin is not None:
        yield f"written by {finding.origin}"
    if finding.fix:
        yield f"fix: {one_line(finding.fix, 300)}"
