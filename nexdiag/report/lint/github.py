"""Judged → workflow commands of GitHub Actions: annotations, and the page of the step's summary."""

from collections.abc import Iterator, Sequence

from nexdiag.core.finding import Finding, Severity
from nexdiag.core.judged import Judged
from nexdiag.report.annotations import Annotation, commands, no_command
from nexdiag.report.fingerprint import of_finding
from nexdiag.report.limits import summary_room
from nexdiag.report.lint import md
from nexdiag.report.lint.summary import ranked, sentence
from nexdiag.report.lint.text import place
from nexdiag.report.sources import NOWHERE, Sources
from nexdiag.report.visible import both_ends, one_line

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def whole(judged: Sequence[Judged], sources: Sources = NOWHERE) -> str:
    """The annotations, the worst first, and all in a line."""
    told = [*annotations(judged, sources)]
    return "\n".join([*commands(told, "nexdiag lint"), no_command(sentence(judged))])


def step_summary(judged: Sequence[Judged], *, already: int = 0) -> str:
    """What to append to the file that GITHUB_STEP_SUMMARY names, and that holds `already` bytes; it may be nothing."""
    room = summary_room(already)
    return md.whole(judged, limit=room - 1) + "\n" if room else ""


def annotations(judged: Sequence[Judged], sources: Sources) -> Iterator[Annotation]:
    """One for each kind of fault in a file, however often it is there: GitHub shows few."""
    several: dict[str, list[tuple[Judged, Finding]]] = {}
    for one, finding in ranked(judged):
        several.setdefault(of_finding(finding, one.name), []).append((one, finding))
    for group in several.values():
        one, finding = group[0]
        rows = [*_rows(finding), *([f"and {len(group) - 1:,} more like it in this file"] if len(group) > 1 else [])]
        yield Annotation(
            _LEVELS.get(finding.severity, "warning"),
            sources.path(one.file),
            f"{finding.code} {finding.rule} {place(finding)}",
            "\n".join(rows),
            one.line or sources.line(one.file, finding.location.exchange),
        )
    for one in judged:
        path = sources.path(one.file)
        yield from (Annotation("warning", path, "not checked", one_line(text, 300)) for text in one.unchecked)


def _rows(finding: Finding) -> Iterator[str]:
    yield both_ends(finding.summary, 400)
    if finding.server_words:
        yield f"the server: {both_ends(finding.server_words, 300)}"
    if finding.origin is not None:
        yield f"written by {finding.origin}"
    if finding.fix:
        yield f"fix: {one_line(finding.fix, 300)}"
