"""Promises of nexdiag.report.json."""

import json

import pytest
from report import sample

from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.report.json import as_text, bare_line, finding_line, lint_report, plain, report_json

FINDING = sample.alternation().findings[0]
BARE = Finding(
    rule="role-alternation", code="NX101", severity=Severity.ERROR, summary="two users", evidence=("a",), fix="merge",
    location=Location(message_index=2, pointer="/messages/2/role"),
)  # fmt: skip


def test_lint_report_has_the_promised_shape() -> None:
    """Schema, files, profiles, and flat findings with turn and exchange, as outside scripts rely on."""
    value = json.loads(
        lint_report([("a.cassette.jsonl", "sglang", (FINDING,), ()), ("b.json", "openai", (), ("x: none",))])
    )
    assert value["schema"] == "nexdiag.lint/1"
    assert [(file["file"], file["profile"]) for file in value["files"]] == [
        ("a.cassette.jsonl", "sglang"),
        ("b.json", "openai"),
    ]
    assert [file["unchecked"] for file in value["files"]] == [[], ["x: none"]]
    found = value["files"][0]["findings"][0]
    assert set(found) == {
        "rule", "code", "severity", "message_index", "pointer", "summary", "evidence", "fix", "turn", "exchange",
        "refused", "server_words", "repeats",
    }  # fmt: skip
    assert (found["turn"], found["exchange"], found["message_index"], found["severity"]) == (2, 1, 4, "error")
    assert found["evidence"] == list(FINDING.evidence)


def test_bare_line_is_one_line_with_the_id_as_given() -> None:
    """Each line of bare exchanges is answered by one line, with its id whatever its type, and no turn."""
    line = bare_line("x\u2028\n1", "vllm", (BARE,))
    assert len(line.splitlines()) == 1
    value = json.loads(line)
    assert (value["id"], value["profile"]) == ("x\u2028\n1", "vllm")
    assert value["findings"][0]["rule"] == "role-alternation"
    assert "turn" not in value["findings"][0]
    assert json.loads(bare_line(None, "unknown", ())) == {"id": None, "profile": "unknown", "findings": []}


def test_finding_line_is_one_line() -> None:
    """A finding is one JSON object a line, with the file it was found in where that is told."""
    assert json.loads(finding_line(FINDING))["code"] == "NX101"
    assert json.loads(finding_line(FINDING, file="a"))["file"] == "a"
    assert "\n" not in finding_line(FINDING)


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
