"""Drift → SARIF 2.1.0, as code scanning reads it: the kinds of change as rules, a result for each change.

The location is the recording that shows the change first; the place in the shape is the logical location. The
fingerprint is the change's own.
"""

from nexdiag.core.drift import Change, Drift
from nexdiag.core.finding import Severity
from nexdiag.report import sarif
from nexdiag.report.drift.wording import place, rows, summary, title
from nexdiag.report.sources import NOWHERE, Sources
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def whole(drift: Drift, sources: Sources = NOWHERE) -> str:
    """The log: one run."""
    notes = [f"{count(len(drift.ignored), 'change')} ignored, as was asked"] if drift.ignored else []
    notes += [f"not checked: {text}" for text in drift.unchecked]
    return sarif.log([_entry(one, place(one, drift, sources)) for one in drift.changes], notes, command="nexdiag drift")


def _entry(one: Change, at: tuple[str, int]) -> sarif.Entry:
    said = [title(one), summary(one), *(f"{label}: {text}" for label, text in rows(one))]
    return sarif.Entry(
        rule=f"drift/{one.kind}",
        name=one.kind,
        level=_LEVELS[one.severity],
        message="\n".join(said),
        path=at[0],
        line=at[1],
        places=((one_line(one.place, 400), "member"),),
        fingerprint=one.fingerprint,
        facts={"requirement": one.requirement, "capped": one.capped},
    )
