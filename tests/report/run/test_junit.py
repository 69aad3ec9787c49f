"""JUnit XML of a report."""

from xml.etree import ElementTree as ET

import msgspec
from report.run import sample

from nexdiag.core.run import Report
from nexdiag.report.run.junit import whole
from nexdiag.report.sources import NOWHERE, Sources


def cases(report: Report, sources: Sources = NOWHERE) -> dict[str, list[str]]:
    root = ET.fromstring(whole(report, sources))  # noqa: S314 - it is our own
    return {
        f"{case.get('classname')} {case.get('name')}": [part.tag for part in case] for case in root.iter("testcase")
    }


def test_a_turn_is_a_case_and_fails_for_what_weighs_in_it() -> None:
    """Named by its recording and its turn; a torn end is an error, and what was not checked is skipped."""
    told = cases(sample.several())
    assert told["cassettes.sglang.two questions turn 1"] == []
    assert told["cassettes.sglang.context warning turn 2"] == ["failure"]
    assert told["cassettes.sglang.stream options the end of the file"] == ["error"]
    assert told["nexdiag report not checked (1)"] == ["skipped"]


def test_a_turn_that_nobody_ended_is_skipped() -> None:
    """It never counts as passed; one that failed for another's cause fails."""
    run = sample.healthy()
    one, two = run.cassette.turns
    turns = (msgspec.structs.replace(one, outcome="cancelled"), msgspec.structs.replace(two, outcome="failed"))
    run = msgspec.structs.replace(run, cassette=msgspec.structs.replace(run.cassette, turns=turns))
    assert list(cases(sample.single(run)).values()) == [["skipped"], ["failure"]]


def test_no_recorded_body_is_in_it_and_places_are() -> None:
    """The file and the line of a turn's first exchange, as GitLab and Jenkins link them."""
    report = sample.single(sample.healthy())
    name = report.runs[0].cassette.name
    text = whole(report, Sources(paths={name: "x/y"}, lines={name: {0: 5}}))
    assert "You are nex" not in text
    assert 'file="x/y" line="5"' in text
