"""Judged → Markdown, to paste into a comment or to show as a step's summary.

Law: it stays under the size it is given, the worst stands first, and each part tells what it left out. Recorded text
stands in code alone.
"""

from collections.abc import Iterator, Sequence

from nexdiag.core.finding import Finding
from nexdiag.core.judged import Judged
from nexdiag.report.fingerprint import of_finding
from nexdiag.report.limits import PASTED
from nexdiag.report.lint.summary import ranked, sentence
from nexdiag.report.lint.text import place
from nexdiag.report.markdown import cell, code, parted, plain, size
from nexdiag.report.summary import ICONS
from nexdiag.report.visible import both_ends, one_line
from nexdiag.report.wording import count

_LEFT = " left out: the page has no room._"
"""Nothing recorded reads so: it stands in code."""
_END = "\n_See `--format json` for all of it._\n"


def whole(judged: Sequence[Judged], *, limit: int = PASTED) -> str:
    """A page of at most `limit` bytes: a table of the findings, what to change, and what was not checked."""
    head = f"### nexdiag lint\n\n{plain(sentence(judged))}\n"
    return (head + parts(judged, limit - size(head))).rstrip("\n")


def parts(judged: Sequence[Judged], room: int) -> str:
    """What stands below the head, within `room` bytes."""
    page = parted(
        (
            ("more finding", list(_table(judged)), 0.4),
            ("more thing not checked", list(_unchecked(judged)), 0.2),
            ("more explanation", list(_details(judged)), 1.0),
        ),
        room - size(_END),
        left_out,
    )
    return page + _END if _LEFT in page else page


def left_out(number: int, noun: str) -> str:
    """The last row of a part that was cut."""
    plural = noun.replace("thing", "things") if "thing" in noun else ""
    return f"\n_{count(number, noun, plural)}{_LEFT}\n"


def _table(judged: Sequence[Judged]) -> Iterator[str]:
    """One row for each kind of fault in a file."""
    rows: dict[str, list[tuple[Judged, Finding]]] = {}
    for one, finding in ranked(judged):
        rows.setdefault(of_finding(finding, one.name), []).append((one, finding))
    head = "\n| | rule | where | file |\n|---|---|---|---|\n"
    for several in rows.values():
        one, finding = several[0]
        where = cell(place(finding) or "the whole", 120)
        where += f" and {len(several) - 1:,} more" if len(several) > 1 else ""
        weight = f"{ICONS.get(finding.severity, '●')} {cell(finding.severity, 20).strip('`')}"
        rule = f"{plain(one_line(finding.code, 20))} {plain(one_line(finding.rule, 60))}"
        yield f"{head}| {weight} | {rule} | {where} | {cell(one.name)} |\n"
        head = ""


def _details(judged: Sequence[Judged]) -> Iterator[str]:
    seen: set[str] = set()
    for one, finding in ranked(judged):
        key = of_finding(finding, one.name)
        if finding.weighs and key not in seen:
            seen.add(key)
            rows = "".join(f"- {label} {code(text)}\n" for label, text in _rows(finding))
            named = f"{plain(one_line(finding.code, 20))} {plain(one_line(finding.rule, 60))}"
            yield f"\n**{named}**, as {plain(one.profile)} would judge it:\n\n{rows}"


def _rows(finding: Finding) -> Iterator[tuple[str, str]]:
    yield "found", both_ends(finding.summary, 400) or "(nothing was said)"
    if finding.server_words:
        yield "the server said", both_ends(finding.server_words, 400)
    if finding.origin is not None:
        yield "written by", str(finding.origin)
    if finding.fix:
        yield "fix", one_line(finding.fix, 400)


def _unchecked(judged: Sequence[Judged]) -> Iterator[str]:
    head = "\nNot checked:\n\n"
    for one in judged:
        for text in one.unchecked:
            yield f"{head}- {cell(one.name)}: {code(one_line(text, 300))}\n"
            head = ""
