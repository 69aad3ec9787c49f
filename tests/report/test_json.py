"""Promises of nexdiag.report.json."""

import json

import pytest
from report import sample

from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.report.json import as_text, plain, report_json

FINDING = sample.alternation().findings[0]
BARE = Finding(
    rule="role-alternation", code="NX101", severity=Severity.ERROR, summary="two users", evidence=("a",), fix="merge",
    location=Location(message_index=2, pointer="/messages/2/role"),
)  # fmt: skip


def test_report_json_tells_what_the_other_formats_tell() -> None:
    """A whole report as facts: verdicts, counts, turns, exchanges, findings, differences, what was not checked."""
    value = json.loads(report_json(sample.sample_report()))
    assert (value["schema"], value["verdict"], len(value["runs"])) == ("nexdiag.report/1", "failed", 5)
    assert value["unchecked"]
    run = value["runs"][1]
    assert (run["verdict"], run["counts"]["retries"], run["findings"][0]["code"]) == ("failed", 1, "NX101")
    exchange = run["turns"][1]["exchanges"][0]
    assert (exchange["status"], exchange["messages"], exchange["new_messages"]) == (400, 5, 3)
    assert exchange["refusal"] == sample.ALTERNATE
    assert value["runs"][4]["differences"][0]["left"] == {"include_usage": True}


def test_hostile_text_stays_valid_and_harmless() -> None:
    """Recorded text of any kind gives valid JSON in printable ASCII, which no terminal obeys."""
    text = report_json(sample.single_report(sample.hostile()))
    assert json.loads(text, parse_constant=pytest.fail)
    assert text.replace("\n", "").isascii()
    assert text.replace("\n", "").isprintable()


def test_plain_holds_only_what_json_knows() -> None:
    """Bytes, NaN, odd keys and bottomless values are written as text."""
    bottomless: list[object] = []
    bottomless.append(bottomless)
    assert plain({3: b"a\xff", "n": float("nan"), "t": (1, None)}) == {"3": "a\\xff", "n": "nan", "t": [1, None]}
    assert "…" in json.dumps(plain(bottomless), ensure_ascii=False)
    assert (as_text("a"), as_text({"a": True})) == ("a", '{"a": true}')


def test_what_the_log_says_is_told_in_its_turn() -> None:
    """Scripts read the errors of the log, and the expectations that did not hold, turn by turn and counted."""
    (run,) = json.loads(report_json(sample.single_report(sample.logged())))["runs"]
    assert [len(turn["errors_logged"]) for turn in run["turns"]] == [1, 0]
    assert run["turns"][0]["errors_logged"][0]["text"].endswith("RuntimeError: no more")
    assert [turn["unmet"] for turn in run["turns"]] == [[], ["the answer lacks 'blue'"]]
    assert (run["counts"]["errors_logged"], run["counts"]["unmet"], run["verdict"]) == (1, 1, "failed")
