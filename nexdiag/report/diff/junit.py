"""Comparison → JUnit XML: a suite for each pair, a case for each row in which something is new, one for the rest.

Law: valid XML 1.0 whatever was recorded. What `--fail-on` spares passes and is told; what was not compared is skipped,
never passed.
"""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from nexdiag.core.comparison import Comparison
from nexdiag.core.finding import Severity
from nexdiag.report import junit
from nexdiag.report.diff.notable import (
    ANY,
    News,
    Way,
    both_names,
    file_of,
    news,
    title_of_finding,
    told_in,
    told_of,
    weight_of,
)
from nexdiag.report.diff.told import missing, verdict
from nexdiag.report.wording import count


def whole(found: Sequence[Comparison], way: Way = ANY) -> str:
    """The document."""
    file = junit.File("nexdiag diff")
    for one in found:
        suite = file.suite(both_names(one))
        if suite is not None:
            _suite(file, suite, one, way)
    return file.text()


def _suite(file: junit.File, suite: Element, found: Comparison, way: Way) -> None:
    group = way.sources.path(file_of(found)[0])
    told = list(news(found, way))
    for one in told:
        named, exchange = file_of(found, one.row)
        path, line = way.sources.path(named), way.sources.line(named, exchange)
        case = file.case(suite, group, one.title, path=path, line=line)
        if case is not None:
            _told(case, one)
    for finding in found.findings.new:
        case = file.case(suite, group, title_of_finding(finding))
        if case is not None:
            _result(case, weight_of(finding, way), finding.rule, title_of_finding(finding), "\n".join(told_of(finding)))
    for number, text in enumerate(missing(found), start=1):
        case = file.case(suite, group, f"not checked ({number})")
        if case is not None:
            junit.skipped(case, text)
    rest = len(found.rows) - len(told)
    if rest > 0 or not len(suite):
        case = file.case(suite, group, f"the other {count(rest, 'row')}: nothing new" if told else "nothing new")
        if case is not None:
            junit.out(case, verdict(found))


def _told(case: Element, one: News) -> None:
    _result(case, one.severity, one.differences[0].aspect, one.explains or one.summary, "\n".join(told_in(one)))


def _result(case: Element, severity: Severity, kind: str, message: str, told: str) -> None:
    if severity is Severity.INFO:
        junit.out(case, told)
    else:
        junit.failure(case, kind, message, told)
