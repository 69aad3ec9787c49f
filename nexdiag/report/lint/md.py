"""Judged → Markdown, to paste into a comment or to show as a step's summary.

Law: it stays under the size it is given, and tells what it left out. Recorded text stands in code alone.
"""

from collections.abc import Iterator, Sequence

from nexdiag.core.finding import Finding
from nexdiag.core.judged import Judged
from nexdiag.report.lint.summary import ranked, sentence
from nexdiag.report.lint.text import place
from nexdiag.report.markdown import COMMENT, cell, code, fitting, plain, size
from nexdiag.report.summary import ICONS
from nexdiag.report.visible import both_ends, one_line

_LEFT = 300
"""Bytes kept for what was left out."""


def whole(judged: Sequence[Judged], *, limit: int = COMMENT - 1024) -> str:
    """A page of at most `limit` bytes: a table of the findings, what to change, and what was not checked."""
    head = f"### nexdiag lint\n\n{plain(sentence(judged))}\n"
    parts, left = fitting([*_table(judged), *_details(judged), *_unchecked(judged)], limit - _LEFT - size(head))
    rest = f"\n_{left:,} more lines are left out: a page has room for so much. See `--format json`._\n" if left else ""
    return "".join([head, *parts, rest]).rstrip("\n")


def _table(judged: Sequence[Judged]) -> Iterator[str]:
    listed = ranked(judged)
    if listed:
        yield "\n| | rule | where | file |\n|---|---|---|---|\n"
    for one, finding in listed:
        where = cell(place(finding) or "the whole", 120)
        weight, rule = f"{ICONS[finding.severity]} {finding.severity}", f"{finding.code} {finding.rule}"
        yield f"| {weight} | {rule} | {where} | {cell(one.name)} |\n"


def _details(judged: Sequence[Judged]) -> Iterator[str]:
    for one, finding in ranked(judged):
        if finding.weighs:
            rows = "".join(f"- {label} {code(text)}\n" for label, text in _rows(finding))
            yield f"\n**{finding.code} {finding.rule}**, as {plain(one.profile)} would:\n\n{rows}"


def _rows(finding: Finding) -> Iterator[tuple[str, str]]:
    yield "found", both_ends(finding.summary, 400)
    if finding.server_words:
        yield "the server said", both_ends(finding.server_words, 400)
    if finding.origin is not None:
        yield "written by", str(finding.origin)
    if finding.fix:
        yield "fix", one_line(finding.fix, 400)


def _unchecked(judged: Sequence[Judged]) -> Iterator[str]:
    listed = [(one.name, text) for one in judged for text in one.unchecked]
    if listed:
        yield "\nNot checked:\n\n"
    for name, text in listed:
        yield f"- {cell(name)}: {code(one_line(text, 300))}\n"
