"""Report → workflow commands of GitHub Actions, and the page of the step's summary."""

from nexdiag.core.run import Report
from nexdiag.report.annotations import commands, no_command
from nexdiag.report.limits import summary_room
from nexdiag.report.lint.github import annotations
from nexdiag.report.run import md
from nexdiag.report.run.told import told
from nexdiag.report.sources import NOWHERE, Sources
from nexdiag.report.summary import ICONS, headline, run_facts
from nexdiag.report.visible import one_line


def whole(report: Report, sources: Sources = NOWHERE) -> str:
    """The annotations, the worst first, and the verdict."""
    runs = tuple(run_facts(run) for run in report.runs)
    verdict = headline(report, runs)
    rows = commands([*annotations(told(report, runs), sources)], "nexdiag report")
    return "\n".join([*rows, no_command(f"{ICONS[verdict.word]} {one_line(verdict.sentence, 400)}")])


def step_summary(report: Report, *, already: int = 0) -> str:
    """What to append to the file that GITHUB_STEP_SUMMARY names, and that holds `already` bytes; it may be nothing."""
    room = summary_room(already)
    return md.whole(report, limit=room - 1) + "\n" if room else ""
