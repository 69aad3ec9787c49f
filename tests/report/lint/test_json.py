"""`nexdiag.lint/1`."""

import json

from report import sample

from nexdiag.core.finding import Finding, Location, Origin, Severity
from nexdiag.core.judged import Judged
from nexdiag.report.lint.json import whole

FINDING = sample.alternation().findings[0]
BARE = Finding(
    rule="role-alternation",
    code="NX101",
    severity=Severity.ERROR,
    summary="two users",
    location=Location(message_index=2, pointer="/messages/2/role"),
    origin=Origin(kind="answer", exchange=3, turn=2),
    consequences=("no-user-message: none",),
)


def test_it_has_the_promised_shape() -> None:
    """Schema, files, profiles, and flat findings with turn and exchange, as outside scripts rely on."""
    judged = [
        Judged(file="a.cassette.jsonl", profile="sglang", findings=(FINDING,)),
        Judged(file="b.json", profile="openai", findings=(), unchecked=("x: none",), allowed=(BARE,)),
    ]
    value = json.loads(whole(judged))
    assert value["schema"] == "nexdiag.lint/1"
    assert [(file["file"], file["profile"]) for file in value["files"]] == [
        ("a.cassette.jsonl", "sglang"),
        ("b.json", "openai"),
    ]
    assert [file["unchecked"] for file in value["files"]] == [[], ["x: none"]]
    assert [len(file["allowed"]) for file in value["files"]] == [0, 1]
    found = value["files"][0]["findings"][0]
    assert set(found) == {
        "rule", "code", "severity", "message_index", "pointer", "summary", "evidence", "fix", "turn", "exchange",
        "refused", "server_words", "repeats", "produced_by", "consequences", "because",
    }  # fmt: skip
    assert (found["turn"], found["exchange"], found["message_index"], found["severity"]) == (2, 1, 4, "error")
    assert found["evidence"] == list(FINDING.evidence)


def test_a_finding_says_what_wrote_the_message_and_what_follows() -> None:
    """The answer or tool run, and the consequences that are not reported by themselves."""
    found = json.loads(whole([Judged(file="a", profile="x", findings=(BARE,))]))["files"][0]["findings"][0]
    assert found["produced_by"] == {"kind": "answer", "turn": 2, "exchange": 3}
    assert found["consequences"] == ["no-user-message: none"]
    assert "turn" not in found
