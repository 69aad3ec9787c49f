"""All formats of `nexdiag report`, on a sample, on hostile text, and on twenty thousand findings."""

import json
import re
from xml.etree import ElementTree as ET

import pytest
from report.run import sample
from sarif_schema import broken

from nexdiag.report import limits
from nexdiag.report.run.formats import NAMES, written

WRITTEN = tuple(name for name in NAMES if name not in ("text", "html"))
_STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202e]")


@pytest.mark.parametrize("form", WRITTEN)
def test_hostile_text_steers_no_reader(form: str) -> None:
    """No control character, no override; each document is what its reader takes, and every command is ours."""
    text = written(form, sample.hostile())
    assert not _STEERS.search(text)
    if form == "github":
        rows = text.splitlines()
        assert all(re.match("::(error|warning|notice) (file=|title=)", row) for row in rows[:-1])
        assert not rows[-1].startswith("::")
    elif form == "junit":
        ET.fromstring(text)  # noqa: S314 - it is our own
    elif form == "sarif":
        assert broken(text) == []
    elif form == "md":
        outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
        assert not re.search("(?<!\\\\)[<\\[!]|://(?!\u200b)", outside.replace("###", ""))
    else:
        assert text.isascii()
        assert [json.loads(row) for row in (text.splitlines() if form == "jsonl" else [text])]


def test_twenty_thousand_findings_fit_and_what_is_left_out_is_told() -> None:
    """Each format is under the limit of its reader, holds the worst, and counts the rest."""
    report = sample.very_many()
    page = written("md", report)
    assert len(page.encode()) <= limits.COMMENT
    assert "left out: the page has no room" in page
    rows = written("github", report).splitlines()
    assert len(rows) <= 3 * limits.SHOWN + 1
    assert sum(row.startswith("::error ") for row in rows) == limits.SHOWN
    assert re.search(r"\d+ more errors are not shown here", rows[limits.SHOWN - 1])
    sarif = written("sarif", report)
    (run,) = json.loads(sarif)["runs"]
    assert {one["level"] for one in run["results"]} == {"error"}
    assert len(run["results"]) == limits.SARIF_RESULTS
    assert "15,000 more are left out" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert broken(json.dumps(json.loads(sarif) | {"runs": [run | {"results": run["results"][::500]}]})) == []
    junit = written("junit", report)
    assert len(junit.encode()) < limits.JUNIT_BYTES
    assert ET.fromstring(junit).get("tests") == "300"  # noqa: S314 - it is our own


def test_a_clean_report_is_written_in_every_format() -> None:
    """And none of them tells of a failure."""
    report = sample.single(sample.healthy())
    texts = {form: written(form, report) for form in WRITTEN}
    assert all(texts.values())
    assert json.loads(texts["sarif"])["runs"][0]["results"] == []
    assert ET.fromstring(texts["junit"]).get("failures") == "0"  # noqa: S314 - it is our own
    assert "::" not in texts["github"]
    assert "no findings of weight" in texts["md"]
