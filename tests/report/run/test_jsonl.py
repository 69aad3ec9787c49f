"""JSON Lines of a report."""

import json

from report.run import sample

from nexdiag.report.json import report_json
from nexdiag.report.run.jsonl import whole


def test_a_line_is_a_run_and_the_last_one_the_whole() -> None:
    """Each run as the JSON has it."""
    report = sample.several()
    *runs, last = map(json.loads, whole(report).splitlines())
    told = json.loads(report_json(report))
    assert runs == told["runs"]
    assert {key: told[key] for key in ("schema", "verdict", "sentence", "unchecked")}.items() <= last.items()
