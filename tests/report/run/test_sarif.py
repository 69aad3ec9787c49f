"""SARIF of a report."""

import json

from report.run import sample
from sarif_schema import broken

from nexdiag.report.run.sarif import whole
from nexdiag.report.sources import Sources


def test_a_result_points_to_the_line_of_its_exchange() -> None:
    """In the file as the repository has it; the rule brings its page. Valid by the published schema."""
    report = sample.several()
    file = report.runs[1].cassette.name
    known = Sources(paths={file: "a b/c.jsonl"}, lines={file: {1: 14}}, pages={"role-alternation": "# the page"})
    text = whole(report, known)
    assert broken(text) == []
    (run,) = json.loads(text)["runs"]
    one = next(one for one in run["results"] if one["ruleId"] == "NX101")
    place = one["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("a%20b/c.jsonl", 14)
    assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["help"]["markdown"] == "# the page"
    assert run["automationDetails"]["id"] == "nexdiag/report/"
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert any("no Session for stream options" in note["message"]["text"] for note in notes)
