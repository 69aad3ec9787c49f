"""JSON Lines of lint."""

import json

from report import sample

from nexdiag.core.judged import Judged
from nexdiag.report.lint.jsonl import whole

FINDING = sample.alternation().findings[0]


def test_a_bare_exchange_is_one_line_with_its_id_as_given() -> None:
    """Also where it has no finding, so that input and output go line by line."""
    judged = [
        Judged(file="a", id="x\u2028\n1", profile="vllm", findings=(FINDING,), bare=True),
        Judged(file="a", id="", profile="unknown", findings=(), bare=True),
    ]
    lines = whole(judged).splitlines()
    assert len(lines) == 2
    first = json.loads(lines[0])
    assert (first["id"], first["profile"], first["findings"][0]["rule"]) == ("x\u2028\n1", "vllm", "role-alternation")
    assert json.loads(lines[1]) == {"id": "", "profile": "unknown", "findings": []}


def test_of_anything_else_it_is_one_line_a_finding() -> None:
    """With its file; nothing where there is none."""
    assert json.loads(whole([Judged(file="a", profile="x", findings=(FINDING,))]))["file"] == "a"
    assert whole([Judged(file="a", profile="x", findings=())]) == ""
