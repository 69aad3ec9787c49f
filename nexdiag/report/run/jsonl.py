"""Report → JSON Lines: one line a run, as `nexdiag.report/1` has it, and a last one for the whole."""

from nexdiag.core.run import Report
from nexdiag.report.json import REPORT_SCHEMA, dump, run_fields
from nexdiag.report.summary import headline, run_facts


def whole(report: Report) -> str:
    """All lines, each ended."""
    runs = tuple(run_facts(run) for run in report.runs)
    verdict = headline(report, runs)
    last = {
        "schema": REPORT_SCHEMA,
        "title": report.title,
        "verdict": verdict.word,
        "sentence": verdict.sentence,
        "runs": len(runs),
        "unchecked": list(report.unchecked),
    }
    return "".join(f"{dump(row)}\n" for row in (*map(run_fields, runs), last))
