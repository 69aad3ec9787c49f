"""Replays → JUnit XML: a test suite for each recording, a test case for each turn.

Law: valid XML 1.0 whatever was recorded. GitLab knows a case by its class and name, and keeps the first of equals: each
name is given once. What was not checked is skipped, with its reason, and never passed. No recorded body is in it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement

from nexdiag.core.cassette import SUFFIX
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Replayed, Run
from nexdiag.report.limits import JUNIT_CASES as CASES
from nexdiag.report.replay import divergence
from nexdiag.report.replay.pairing import against, by_what, pairing_line, unproved
from nexdiag.report.replay.verdict import first_divergences, title, word
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count
from nexdiag.report.xmltext import attribute, bounded, document


def whole(done: Sequence[Replayed]) -> str:
    """The document."""
    root = Element("testsuites", name="nexdiag replay")
    room = CASES
    for one in done:
        room -= _suite(root, one, max(0, room))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in root):.3f}")
    return document(root)


def _suite(root: Element, one: Replayed, room: int) -> int:
    """One recording; how many cases it has."""
    suite = SubElement(root, "testsuite", name=attribute(one.path))
    names: Counter[str] = Counter()
    if one.run is not None:
        _properties(suite, dict(_facts(one.run)))
        firsts = {id(turn) for turn in first_divergences(one.run)}
        for turn in one.run.replayed[:room]:
            case = _case(suite, one, _unique(names, title(turn)), turn.seconds)
            _turn(case, turn, first=id(turn) in firsts)
        _rest(suite, one, one.run.replayed[room:])
    _itself(suite, one)
    for key, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(1 for _ in suite.iter(tag))))
    suite.set("time", f"{one.run.seconds if one.run is not None else 0:.3f}")
    return len(suite)


def _turn(case: Element, turn: TurnVerdict, *, first: bool) -> None:
    if turn.outcome == "unchecked":
        SubElement(case, "skipped", message=attribute(turn.note or "not checked"))
    elif turn.differs:
        told = SubElement(case, "failure", type=turn.outcome, message=attribute(divergence.short(turn)))
        told.text = bounded("\n".join(_divergence(turn, first=first)))
    elif turn.outcome == "mended":
        _properties(case, {"mended": turn.note})


def _divergence(turn: TurnVerdict, *, first: bool) -> list[str]:
    said = f"said       {one_line(turn.said, 120)}"
    if first:
        return [said, *divergence.lines(turn)]
    return [said, "another turn of this conversation is told in full: this one may be its consequence"]


def _rest(suite: Element, one: Replayed, turns: Sequence[TurnVerdict]) -> None:
    """What no file of JUnit has room for: in one case, which fails if one of them does."""
    if not turns:
        return
    case = _case(suite, one, f"and {count(len(turns), 'more turn')}", 0)
    differing, unchecked = sum(turn.differs for turn in turns), sum(turn.outcome == "unchecked" for turn in turns)
    if differing:
        SubElement(case, "failure", type="changed", message=f"{count(differing, 'turn')} differ")
    elif unchecked:
        SubElement(case, "skipped", message=f"{count(unchecked, 'turn')} not checked")


def _itself(suite: Element, one: Replayed) -> None:
    """The recording as a case of its own, where something is to be said of it as a whole."""
    came, run = word(one), one.run
    unanswered = run is not None and not run.replayed
    why = one.what or (run.cassette.tear if run is not None else None) or ""
    if not why and not unanswered:
        return
    case = _case(suite, one, "the recording", 0)
    told = bounded("\n".join(one_line(text, 2000) for text in (why, one.hint and f"hint: {one.hint}") if text))
    if came == "broken":
        SubElement(case, "error", type=came, message=attribute(why)).text = told
    elif run is not None and (one.code or (unanswered and came == "changed")):
        why = why or "a request had no recording"
        SubElement(case, "failure", type=came, message=attribute(why)).text = told or why
    elif why:
        SubElement(case, "skipped", message=attribute(why))


def _case(suite: Element, one: Replayed, name: str, took: float) -> Element:
    group = attribute(one.path.removesuffix(SUFFIX).replace(".", "_").replace("/", "."))
    return SubElement(suite, "testcase", classname=group, name=attribute(name), time=f"{took:.3f}")


def _unique(names: Counter[str], name: str) -> str:
    names[name] += 1
    return name if names[name] == 1 else f"{name} (again, {names[name]})"


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    yield "how", run.how or "rerun"
    if run.pairing is not None:
        yield "pairing", "; ".join([pairing_line(run), *against(run), *by_what(run.pairing)])
    if unproved(run):
        yield "proved", unproved(run)
    if run.how == "resent" and run.cassette.header.command:
        yield "client", f"it was not run: {run.cassette.header.command}"
    if run.expired:
        yield "expired", run.expired


def _properties(parent: Element, facts: dict[str, str]) -> None:
    listed = SubElement(parent, "properties")
    for name, value in facts.items():
        SubElement(listed, "property", name=name, value=attribute(value))
