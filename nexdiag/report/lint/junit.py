"""Judged → JUnit XML: a test suite for each file, a test case for each rule that found something, and one for the rest.

Law: valid XML 1.0 whatever was judged. A remark passes and is told; what was not checked is skipped, never passed.
"""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from nexdiag.core.finding import Finding
from nexdiag.core.judged import Judged
from nexdiag.report.lint.text import place
from nexdiag.report.visible import both_ends, one_line
from nexdiag.report.wording import count
from nexdiag.report.xmltext import attribute, content, document

CASES = 100_000
"""Test cases of a file at most: readers have limits. What is beyond is counted in one case."""


def whole(judged: Sequence[Judged]) -> str:
    """The document."""
    root = Element("testsuites", name="nexdiag lint")
    room = CASES
    for one in judged:
        room -= _suite(root, one, max(1, room))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    return document(root)


def _suite(root: Element, one: Judged, room: int) -> int:
    suite = SubElement(root, "testsuite", name=attribute(one.name))
    by_rule: dict[str, list[Finding]] = {}
    for finding in one.findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    for rule, findings in list(by_rule.items())[:room]:
        _case(suite, one, rule, findings)
    if len(by_rule) > room:
        SubElement(SubElement(suite, "testcase", name="more rules"), "failure", message="more than a file has room for")
    for number, text in enumerate(one.unchecked, start=1):
        case = SubElement(suite, "testcase", classname=attribute(one.profile), name=f"not checked ({number})")
        SubElement(case, "skipped", message=attribute(text))
    for rule in dict.fromkeys(finding.rule for finding in one.allowed):
        case = SubElement(suite, "testcase", classname=attribute(one.profile), name=attribute(f"{rule} (allowed)"))
        SubElement(case, "system-out").text = content(f"{rule} is allowed by its scenario")
    if not len(suite):
        SubElement(suite, "testcase", classname=attribute(one.profile), name="no findings")
    for key, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
        suite.set(key, str(sum(1 for _ in suite.iter(tag))))
    suite.set("errors", "0")
    return len(suite)


def _case(suite: Element, one: Judged, rule: str, findings: list[Finding]) -> None:
    case = SubElement(suite, "testcase", classname=attribute(one.profile), name=attribute(rule))
    told = content("\n\n".join(_told(finding) for finding in findings[:CASES]))
    weighty = [finding for finding in findings if finding.weighs]
    if not weighty:
        SubElement(case, "system-out").text = told
        return
    message = f"{count(len(weighty), 'finding')}: {one_line(weighty[0].summary, 300)}"
    SubElement(case, "failure", type=str(weighty[0].severity), message=attribute(message)).text = told


def _told(finding: Finding) -> str:
    rows = [f"{finding.severity} {finding.code} {place(finding)}", both_ends(finding.summary, 600)]
    rows += [f"the server: {both_ends(finding.server_words, 400)}"] if finding.server_words else []
    rows += [f"fix: {one_line(finding.fix, 400)}"] if finding.fix else []
    return "\n".join(rows)
