"""Judged → JUnit XML: a test suite for each file, a test case for each rule that found something, and one for the rest.

Law: valid XML 1.0 whatever was judged. A remark passes and is told; what was not checked is skipped, never passed.
GitLab knows a case by its class and name, and keeps the first of equals: the class is the file, so each name is given
once.
"""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

import msgspec

from nexdiag.core.finding import Finding
from nexdiag.core.judged import Judged
from nexdiag.report import junit
from nexdiag.report.lint.text import place
from nexdiag.report.sources import NOWHERE, Sources
from nexdiag.report.visible import both_ends, one_line
from nexdiag.report.wording import count

_TOLD = 20
"""Findings of a case that are told in full."""


def whole(judged: Sequence[Judged], sources: Sources = NOWHERE) -> str:
    """The document."""
    file = junit.File("nexdiag lint")
    for one in judged:
        named = msgspec.structs.replace(one, file=sources.path(one.file))
        suite = file.suite(named.name)
        if suite is not None:
            _suite(file, suite, one, named.name, sources)
    return file.text()


def _suite(file: junit.File, suite: Element, one: Judged, group: str, sources: Sources) -> None:
    by_rule: dict[str, list[Finding]] = {}
    for finding in one.findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    for rule, findings in by_rule.items():
        where = one.line or sources.line(one.file, findings[0].location.exchange)
        case = file.case(suite, group, rule, path=sources.path(one.file), line=where)
        if case is not None:
            _told_in(case, findings)
    for number, text in enumerate(one.unchecked, start=1):
        case = file.case(suite, group, f"not checked ({number})")
        if case is not None:
            junit.skipped(case, text)
    for rule in dict.fromkeys(finding.rule for finding in one.allowed):
        case = file.case(suite, group, f"{rule} (allowed)")
        if case is not None:
            junit.out(case, f"{rule} is allowed by its scenario")
    if not len(suite):
        file.case(suite, group, "no findings")


def _told_in(case: Element, findings: list[Finding]) -> None:
    weighty = [finding for finding in findings if finding.weighs]
    ordered = sorted(findings, key=lambda finding: not finding.weighs)
    rest = len(findings) - _TOLD
    more = [f"and {count(rest, 'more finding')} of this rule"] if rest > 0 else []
    told = "\n\n".join([*(_told(finding) for finding in ordered[:_TOLD]), *more])
    if not weighty:
        junit.out(case, told)
        return
    message = f"{count(len(weighty), 'finding')}: {one_line(weighty[0].summary, 300)}"
    junit.failure(case, str(weighty[0].severity), message, told)


def _told(finding: Finding) -> str:
    rows = [f"{finding.severity} {finding.code} {place(finding)}", both_ends(finding.summary, 600)]
    rows += [f"the server: {both_ends(finding.server_words, 400)}"] if finding.server_words else []
    rows += [f"fix: {one_line(finding.fix, 400)}"] if finding.fix else []
    return "\n".join(rows)
