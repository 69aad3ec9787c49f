"""JUnit XML as it is made: suites and cases as long as there is room, then one case that says what is left out.

Law: valid XML 1.0, each name given once in its class, within what GitLab and Jenkins read. A failure is a fault that
was found, an error is what could not be looked at, and what was not checked is skipped: never passed.
"""

from collections import Counter
from xml.etree.ElementTree import Element, SubElement, tostring

from nexdiag.core.cassette import SUFFIX
from nexdiag.report.limits import JUNIT_BYTES, JUNIT_CASES
from nexdiag.report.wording import count
from nexdiag.report.xmltext import attribute, bounded, document

_SUITE = 120
"""Bytes of a suite beside its name and its cases, at most."""
_END = 120_000
"""Bytes kept for the last case: it is weighed when the next is asked for."""


class File:
    """The document, as far as it is made."""

    def __init__(self, name: str, *, cases: int = JUNIT_CASES, room: int = JUNIT_BYTES) -> None:
        """`cases` and `room`, in bytes, are how much there may be."""
        self._root = Element("testsuites", name=name)
        self._cases, self._room = cases, room - _END
        self._suites_left = self._cases_left = 0
        self._last: Element | None = None
        self._names: Counter[str] = Counter()

    def suite(self, name: str) -> Element | None:
        """A suite; None where the file is full."""
        self._weigh()
        if self._full():
            self._suites_left += 1
            return None
        suite = SubElement(self._root, "testsuite", name=self._once("", attribute(name)))
        self._room -= _SUITE + len(tostring(suite, encoding="unicode").encode("utf-8", "replace"))
        return suite

    def case(  # noqa: PLR0913 - one for each attribute
        self, suite: Element, file: str, name: str, *, path: str = "", line: int = 0, took: float | None = None
    ) -> Element | None:
        """A case; None where the file is full. `path` and `line` are where GitLab and Jenkins link it to."""
        self._weigh()
        if self._full():
            self._cases_left += 1
            return None
        self._cases -= 1
        group = attribute(file.removesuffix(SUFFIX).replace(".", "_").replace("/", "."))
        case = SubElement(suite, "testcase", classname=group, name=self._once(group, attribute(name)))
        if path:
            case.set("file", attribute(path))
            case.set("line", str(max(1, line)))
        if took is not None:
            case.set("time", f"{took:.3f}")
        self._last = case
        return case

    def text(self) -> str:
        """The whole document."""
        if self._suites_left or self._cases_left:
            suite = SubElement(self._root, "testsuite", name="left out")
            case = SubElement(suite, "testcase", classname="nexdiag", name="left out")
            lost = (count(self._suites_left, "suite"), count(self._cases_left, "case"))
            what = " and ".join(told for told in lost if not told.startswith("0 "))
            error(case, "left out", f"{what} have no room in this file, whatever was found in them: see --format json")
        for suite in self._root:
            _counted(suite)
        for key in ("tests", "failures", "errors", "skipped"):
            self._root.set(key, str(sum(int(suite.get(key, "0")) for suite in self._root)))
        return document(self._root)

    def _once(self, group: str, name: str) -> str:
        """A name that no other of its group has."""
        key = f"{group}\0{name}"
        self._names[key] += 1
        return name if self._names[key] == 1 else f"{name} (again, {self._names[key]})"

    def _full(self) -> bool:
        return self._cases <= 0 or self._room <= 0

    def _weigh(self) -> None:
        """What the case before this one came to: words are put into it after it was made."""
        if self._last is not None:
            self._room -= len(tostring(self._last, encoding="unicode").encode("utf-8", "replace"))
            self._last = None


def failure(case: Element, kind: str, message: str, told: str) -> None:
    """A fault that was found."""
    SubElement(case, "failure", type=attribute(kind), message=attribute(message)).text = bounded(told)


def error(case: Element, kind: str, message: str, told: str = "") -> None:
    """What could not be looked at."""
    SubElement(case, "error", type=attribute(kind), message=attribute(message)).text = bounded(told)


def skipped(case: Element, why: str) -> None:
    """What was not checked."""
    SubElement(case, "skipped", message=attribute(why or "not checked"))


def out(case: Element, told: str) -> None:
    """Words of ours beside a case that passes; no recorded body."""
    SubElement(case, "system-out").text = bounded(told)


def _counted(suite: Element) -> None:
    for key, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(1 for _ in suite.iter(tag))))
