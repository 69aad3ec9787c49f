"""Drift → Markdown, to paste into a comment or to show as a step's summary.

Law: it stays under the size it is given, and tells what it left out. Recorded text stands in code alone.
"""

from collections.abc import Iterator

from nexdiag.core.drift import Drift
from nexdiag.core.finding import Severity
from nexdiag.report.drift.wording import rows, sentence, side, summary, title
from nexdiag.report.limits import PASTED
from nexdiag.report.markdown import cell, code, parted, plain, size
from nexdiag.report.summary import ICONS
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count


def whole(drift: Drift, *, limit: int = PASTED) -> str:
    """A page of at most `limit` bytes: both sides, a table, what shows each change, and what was not checked."""
    sides = f"- left: {code(side(drift.left))}\n- right: {code(side(drift.right))}\n"
    head = f"### nexdiag drift\n\n{plain(sentence(drift))}\n\n{sides}"
    parts = (
        ("more change", list(_table(drift)), 0.5),
        ("more line not checked", list(_unchecked(drift)), 0.2),
        ("more example", list(_details(drift)), 1.0),
    )
    return (head + parted(parts, limit - size(head), _left_out)).rstrip("\n")


def _left_out(number: int, noun: str) -> str:
    plural = noun.replace("line", "lines") if "line" in noun else ""
    return f"\n_{count(number, noun, plural)} left out: the page has no room. See `--format json`._\n"


def _table(drift: Drift) -> Iterator[str]:
    head = "\n| | change | where | from, to | fingerprint |\n|---|---|---|---|---|\n"
    for one in drift.changes:
        weight = f"{ICONS[one.severity]} {one.severity}"
        where = cell(one.place, 200)
        yield f"{head}| {weight} | {one.kind} | {where} | {cell(summary(one), 200)} | {one.fingerprint} |\n"
        head = ""


def _details(drift: Drift) -> Iterator[str]:
    for one in drift.changes:
        if one.severity is not Severity.INFO:
            listed = "".join(f"- {label}: {code(text)}\n" for label, text in rows(one))
            yield f"\n**{one.severity}** {code(one_line(title(one), 300))}\n\n{listed}"


def _unchecked(drift: Drift) -> Iterator[str]:
    if drift.unchecked:
        yield "\nNot checked:\n\n"
    yield from (f"- {code(one_line(text, 300))}\n" for text in drift.unchecked)
