"""What a CI is told of comparisons: rows in which something is new, and findings that are; each with its weight.

Law: nothing that only follows from an earlier difference is told again, and nothing weighs that `--fail-on` spares.
"""

from collections.abc import Iterator, Sequence

import msgspec

from nexdiag.core.comparison import ASPECTS, QUIET, Comparison, Place, Row, Side
from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding, Severity
from nexdiag.report.diff.text import lines_of
from nexdiag.report.diff.told import place_of, pointer_of, title_of, verdict, weighty
from nexdiag.report.fingerprint import fingerprint, template
from nexdiag.report.lint.text import place as finding_place
from nexdiag.report.sources import NOWHERE, Sources
from nexdiag.report.visible import both_ends, one_line
from nexdiag.report.wording import count

FINDINGS = "findings"
REPLAY = "replay"
"""The kind of a side that is in no file: it was played just now."""
_LINE = 600


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    fails: frozenset[str] = frozenset(ASPECTS) - QUIET
    """Aspects that weigh; `findings` for new findings."""
    unfolded: bool = False
    """For reading: show what an earlier difference brought about as well."""
    chosen: bool = False
    """The mode was not asked for, but chosen by the answers: for reading, that is told."""
    sources: Sources = NOWHERE


ANY = Way()


class News(msgspec.Struct, frozen=True, kw_only=True):
    """A row in which something is new."""

    row: Row
    severity: Severity
    """Error for what explains a failure, info for what `--fail-on` spares."""
    differences: tuple[Difference, ...]
    explains: str = ""
    """The explanation, where this row is the cause."""

    @property
    def title(self) -> str:
        """Where, and what is asked or said there."""
        return f"{place_of(self.row)} {title_of(self.row)}".rstrip()

    @property
    def summary(self) -> str:
        """What is new, in a line."""
        shown = ", ".join(f"{pointer_of(one)} {one.kind}" for one in self.differences[:4])
        more = len(self.differences) - 4
        return f"{shown}, and {count(more, 'more difference')}" if more > 0 else shown


def news(found: Comparison, way: Way = ANY) -> Iterator[News]:
    """The rows that tell something new, the earliest first."""
    told = found.explanation
    for place, row in enumerate(found.rows):
        fresh = [] if row.consequence else weighty(row)
        if told is not None and told.cause == place:
            first = [row.differences[at] for at in told.differences]
            fresh = [*first, *(one for one in fresh if not any(one is other for other in first))]
            severity, explains = Severity.ERROR, told.sentence
        else:
            severity, explains = Severity.WARNING, ""
        if not any(one.aspect in way.fails for one in fresh):
            severity = Severity.INFO
        if fresh:
            yield News(row=row, severity=severity, differences=tuple(fresh), explains=explains)


def told_in(one: News) -> Iterator[str]:
    """The lines of a row."""
    if one.explains:
        yield one_line(one.explains, _LINE)
    for each in one.differences:
        yield from (one_line(line, _LINE) for line in lines_of(each))


def quiet(found: Comparison) -> int:
    """How many differences have no weight in this mode."""
    return sum(one.quiet or one.aspect in QUIET for row in found.rows for one in row.differences if not one.inherited)


def weight_of(finding: Finding, way: Way) -> Severity:
    """Of a new finding: its own, where findings were asked for."""
    return finding.severity if FINDINGS in way.fails else Severity.INFO


def told_of(finding: Finding) -> Iterator[str]:
    """The lines of a finding."""
    yield both_ends(finding.summary, _LINE) or "(nothing was said)"
    if finding.server_words:
        yield f"the server: {both_ends(finding.server_words, 400)}"
    if finding.fix:
        yield f"fix: {one_line(finding.fix, 400)}"


def title_of_finding(finding: Finding, word: str = "new") -> str:
    """Its rule and place."""
    return one_line(f"{word}: {finding.code} {finding.rule} {finding_place(finding)}".rstrip(), 300)


def file_of(found: Comparison, row: Row | None = None) -> tuple[str, int | None]:
    """The file that a row is told beside, and the exchange in it: the right, but where it is in no file."""
    right: Place | None = None if row is None else row.right
    left: Place | None = None if row is None else row.left
    if found.right.kind == REPLAY or (row is not None and right is None):
        return found.left.name, None if left is None else left.exchange
    return found.right.name, None if right is None else right.exchange


def fingerprint_of(found: Comparison, one: Difference) -> str:
    """The same from run to run, while the same kind of place differs in the same files."""
    return fingerprint(("diff", one.aspect, one.kind, found.left.name, found.right.name, template(one.pointer)))


def both_names(found: Comparison) -> str:
    """What was compared."""
    return " ↔ ".join(_name(one) for one in (found.left, found.right))


def _name(side: Side) -> str:
    return one_line(side.name, 200)


def sentence(found: Sequence[Comparison]) -> str:
    """All in one line."""
    if len(found) == 1:
        return verdict(found[0])
    differ = sum(bool(one.differences()) for one in found)
    return f"{count(len(found), 'pair')} compared, {count(differ, 'pair')} differ{'s' * (differ == 1)}"
