"""Judged → SARIF 2.1.0, as code scanning reads it: the rules that found something, and a result for each finding."""

from collections.abc import Iterator, Sequence

from nexdiag.core.finding import Finding, Severity
from nexdiag.core.judged import Judged
from nexdiag.report import sarif
from nexdiag.report.fingerprint import of_finding
from nexdiag.report.lint.text import place
from nexdiag.report.sources import NOWHERE, Sources
from nexdiag.report.visible import both_ends, one_line

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def whole(judged: Sequence[Judged], sources: Sources = NOWHERE, *, command: str = "nexdiag lint") -> str:
    """The log: one run."""
    told = [entry(one, finding, sources) for one in judged for finding in one.findings]
    return sarif.log(told, _notes(judged), command=command, pages=sources.pages)


def entry(one: Judged, finding: Finding, sources: Sources) -> sarif.Entry:
    """One finding, with the turn and the exchange that wrote what has to change as its way there."""
    said = [both_ends(finding.summary, 600)]
    said += [f"The server: {both_ends(finding.server_words, 400)}"] if finding.server_words else []
    said += [f"Fix: {one_line(finding.fix, 400)}"] if finding.fix else []
    path, where = sources.path(one.file), finding.location
    return sarif.Entry(
        rule=finding.code,
        name=finding.rule,
        level=_LEVELS.get(finding.severity, "warning"),
        message="\n".join(said),
        path=path,
        line=one.line or sources.line(one.file, where.exchange),
        places=((place(finding) or one.name, "member"), *(((where.pointer, "property"),) if where.pointer else ())),
        fingerprint=of_finding(finding, one.name),
        stops=tuple(_stops(one, finding, sources)),
        tags=(one.profile, *(("refused",) if finding.refused else ())),
        facts={"profile": one.profile, "refused": finding.refused},
    )


def _stops(one: Judged, finding: Finding, sources: Sources) -> Iterator[sarif.Stop]:
    """From what wrote the message to the request that carries it; nothing where that is not known."""
    origin = finding.origin
    if origin is None or (origin.exchange is None and origin.turn is None):
        return
    yield sarif.Stop(text=f"written by {origin}", line=sources.line(one.file, origin.exchange))
    yield sarif.Stop(text=f"sent in {place(finding)}", line=sources.line(one.file, finding.location.exchange))


def _notes(judged: Sequence[Judged]) -> Iterator[str]:
    allowed = sum(len(each.allowed) for each in judged)
    if allowed:
        yield f"{allowed:,} more are allowed by a scenario, and not reported"
    for one in judged:
        yield from (f"not checked: {one.name}: {text}" for text in one.unchecked)
