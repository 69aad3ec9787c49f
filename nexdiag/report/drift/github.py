"""Drift → workflow commands of GitHub Actions: annotations, and the page of the step's summary."""

from collections.abc import Iterator

from nexdiag.core.drift import Drift
from nexdiag.core.finding import Severity
from nexdiag.report.annotations import Annotation, commands, no_command
from nexdiag.report.drift import md
from nexdiag.report.drift.wording import grouped, place, rows, sentence, summary, title
from nexdiag.report.limits import summary_room
from nexdiag.report.sources import NOWHERE, Sources
from nexdiag.report.visible import one_line

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def whole(drift: Drift, sources: Sources = NOWHERE) -> str:
    """The annotations, the worst first, and all in a line."""
    return "\n".join([*commands([*_annotations(drift, sources)], "nexdiag drift"), no_command(sentence(drift))])


def step_summary(drift: Drift, *, already: int = 0) -> str:
    """What to append to the file that GITHUB_STEP_SUMMARY names, and that holds `already` bytes; it may be nothing."""
    room = summary_room(already)
    return md.whole(drift, limit=room - 1) + "\n" if room else ""


def _annotations(drift: Drift, sources: Sources) -> Iterator[Annotation]:
    """One for all that tell the same of a field of one name: GitHub shows few."""
    for group in grouped(drift.changes):
        one = group[0]
        told = [summary(one), *(f"{label}: {text}" for label, text in rows(one))]
        told += [f"and {len(group) - 1:,} more like it, of other places"] if len(group) > 1 else []
        file, line = place(one, drift, sources)
        yield Annotation(_LEVELS[one.severity], file, f"{one.fingerprint} {title(one)}", "\n".join(told), line)
    yield from (Annotation("notice", "", "not checked", one_line(text, 300)) for text in drift.unchecked)
