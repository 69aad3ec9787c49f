"""Comparison → Markdown, to paste into a comment or to show as a step's summary.

Law: it stays under the size it is given, and tells what it left out. Recorded text stands in code alone.
"""

import re
from collections.abc import Iterator, Sequence

from nexdiag.core.comparison import Comparison
from nexdiag.report.diff.notable import ANY, Way, news, quiet, sentence, title_of_finding, told_in, told_of
from nexdiag.report.diff.told import missing, verdict
from nexdiag.report.limits import PASTED
from nexdiag.report.markdown import cell, code, parted, plain, size
from nexdiag.report.summary import ICONS
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count

_END = "\n_See `--format json` for all of it._\n"
_LEFT = " left out: the page has no room._"
"""Nothing recorded reads so: it stands in code."""
_COLUMN = re.compile(r" {3,}")
_TOLD = 24
"""Lines of a row."""


def whole(found: Sequence[Comparison], way: Way = ANY, *, limit: int = PASTED) -> str:
    """A page of at most `limit` bytes: the verdicts, what explains a failure, what is new, what was not compared."""
    head = f"### nexdiag diff\n\n{plain(sentence(found))}\n"
    rows = (
        ("more pair", list(_pairs(found)), 0.3),
        ("more explanation", list(_explained(found)), 0.3),
        ("more line not checked", list(_unchecked(found)), 0.2),
        ("more new finding", list(_findings(found)), 0.3),
        ("more fixed finding", list(_fixed(found)), 0.1),
        ("more row", list(_rows(found, way)), 1.0),
    )
    page = head + parted(rows, limit - size(head) - size(_END), _left_out)
    return (page + _END if _LEFT in page else page).rstrip("\n")


def _left_out(number: int, noun: str) -> str:
    plural = noun.replace("line", "lines") if "line" in noun else ""
    return f"\n_{count(number, noun, plural)}{_LEFT}\n"


def _pairs(found: Sequence[Comparison]) -> Iterator[str]:
    if len(found) == 1:
        yield f"\n- left: {code(one_line(found[0].left.name))}\n- right: {code(one_line(found[0].right.name))}\n"
        return
    head = "\n| | left | right | |\n|---|---|---|---|\n"
    for one in sorted(found, key=lambda one: not one.differences()):
        icon = "✗" if one.differences() else "✓"
        yield f"{head}| {icon} | {cell(one.left.name)} | {cell(one.right.name)} | {cell(verdict(one), 200)} |\n"
        head = ""


def _explained(found: Sequence[Comparison]) -> Iterator[str]:
    for one in found:
        told = one.explanation
        if told is None:
            continue
        word = "Explains" if told.certain else "Perhaps"
        rows = [] if told.finding is None else [f"- {code(one_line(text, 400))}\n" for text in told_of(told.finding)]
        yield f"\n**{word}**: {code(one_line(told.sentence, 600))}\n\n{''.join(rows)}"


def _rows(found: Sequence[Comparison], way: Way) -> Iterator[str]:
    """What is new, pair by pair; what only follows, and what has no weight, is counted."""
    for one in found:
        told = list(news(one, way))
        if len(found) > 1 and told:
            yield f"\n#### {code(one_line(one.right.name))}\n"
        for row in told:
            lines = list(told_in(row))[bool(row.explains) :]
            cut = [f"… and {count(len(lines) - _TOLD, 'more line')}"] if len(lines) > _TOLD else []
            listed = "".join(f"- {code(_narrow(line))}\n" for line in [*lines[:_TOLD], *cut])
            first = ", the first divergence" if one.first is not None and one.rows[one.first] is row.row else ""
            yield f"\n{ICONS[row.severity]} **{code(row.title)}**{first}\n\n{listed}"
        if told and quiet(one):
            yield f"\n{count(quiet(one), 'more difference')} without weight (`--mode {one.mode}`)\n"


def _narrow(line: str) -> str:
    """A line without the spaces by which a terminal's columns stand under one another."""
    return (
        _COLUMN.sub("  ", one_line(line, 400), count=2)
        if not line.startswith(("  ", "- ", "+ "))
        else one_line(line, 400)
    )


def _findings(found: Sequence[Comparison]) -> Iterator[str]:
    head = "\nNew findings:\n\n"
    for one in found:
        for finding in one.findings.new:
            yield f"{head}- {ICONS[finding.severity]} {code(title_of_finding(finding))}\n"
            head = ""


def _fixed(found: Sequence[Comparison]) -> Iterator[str]:
    head = "\nFindings that are fixed:\n\n"
    for one in found:
        for finding in one.findings.gone:
            yield f"{head}- {code(title_of_finding(finding, 'fixed'))}\n"
            head = ""


def _unchecked(found: Sequence[Comparison]) -> Iterator[str]:
    head = "\nNot checked:\n\n"
    for one in found:
        for text in missing(one):
            name = f"{code(one_line(one.right.name))}: " if len(found) > 1 else ""
            yield f"{head}- {name}{code(text)}\n"
            head = ""
