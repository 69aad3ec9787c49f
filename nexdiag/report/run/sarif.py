"""Report → SARIF 2.1.0: what lint writes, with what weighs beside the findings."""

from nexdiag.core.run import Report
from nexdiag.report.lint import sarif
from nexdiag.report.run.told import told
from nexdiag.report.sources import NOWHERE, Sources


def whole(report: Report, sources: Sources = NOWHERE) -> str:
    """The log: one run."""
    return sarif.whole(told(report), sources, command="nexdiag report")
