"""What all that was judged comes to, in a line; and the findings of all files, the worst first."""

from collections.abc import Sequence

from nexdiag.core.finding import Finding, Severity
from nexdiag.core.judged import Judged
from nexdiag.report.wording import count

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def sentence(judged: Sequence[Judged]) -> str:
    """`3 files: 1 error, 2 warnings; 1 not checked; 2 allowed by a scenario`."""
    counts = {weight: sum(one.severity is weight for each in judged for one in each.findings) for weight in _ORDER}
    found = ", ".join(count(number, _noun(weight)) for weight, number in counts.items() if number) or "no findings"
    unchecked = sum(len(one.unchecked) for one in judged)
    allowed = sum(len(one.allowed) for one in judged)
    beside = [f"; {unchecked} not checked"] if unchecked else []
    beside += [f"; {allowed} allowed by a scenario"] if allowed else []
    return f"{things(judged)}: {found}" + "".join(beside)


def things(judged: Sequence[Judged]) -> str:
    """`3 files`, `1 file and 20 exchanges`."""
    bare = sum(one.bare for one in judged)
    files = count(len(judged) - bare, "file") if len(judged) > bare or not bare else ""
    return " and ".join(part for part in (files, count(bare, "exchange") if bare else "") if part)


def ranked(judged: Sequence[Judged]) -> list[tuple[Judged, Finding]]:
    """Every finding with what it was found in; errors first, each file's in its own order."""
    listed = [(one, finding) for one in judged for finding in one.findings]
    return sorted(listed, key=lambda pair: _ORDER[pair[1].severity])


def _noun(weight: Severity) -> str:
    return "remark" if weight is Severity.INFO else str(weight)
