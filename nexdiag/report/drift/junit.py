"""Drift → JUnit XML: a suite, a case for each change, and one for each thing that was not checked.

Law: valid XML 1.0 whatever was recorded. A remark passes and is told; what was not checked is skipped, never passed.
"""

from nexdiag.core.drift import Drift
from nexdiag.core.finding import Severity
from nexdiag.report import junit
from nexdiag.report.drift.wording import rows, summary, title

_GROUP = "drift"


def whole(drift: Drift) -> str:
    """The document."""
    file = junit.File("nexdiag drift")
    suite = file.suite(f"{drift.left.name} → {drift.right.name}")
    if suite is None:
        return file.text()
    for one in drift.changes:
        case = file.case(suite, _GROUP, f"{one.fingerprint} {title(one)}")
        if case is None:
            continue
        told = "\n".join([summary(one), *(f"{label}: {text}" for label, text in rows(one))])
        if one.severity is Severity.INFO:
            junit.out(case, told)
        else:
            junit.failure(case, str(one.severity), f"{title(one)}: {summary(one)}", told)
    for number, text in enumerate(drift.unchecked, start=1):
        case = file.case(suite, _GROUP, f"not checked ({number})")
        if case is not None:
            junit.skipped(case, text)
    if not len(suite):
        file.case(suite, _GROUP, "no change of the shape")
    return file.text()
