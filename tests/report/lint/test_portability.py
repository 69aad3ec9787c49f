"""The portability table."""

import json

from report.lint import sample

from nexdiag.core.finding import Severity
from nexdiag.core.portability import Portability, PortableRow
from nexdiag.report.lint import portability

BAD, MAYBE = sample.finding(), sample.finding("user-after-tool", Severity.WARNING)
TABLE = Portability(
    file="a.cassette.jsonl",
    servers=("vllm", "mistral"),
    rows=(
        PortableRow(turn=1, exchange=0, against=((), ())),
        PortableRow(turn=2, exchange=1, against=((BAD,), (MAYBE,))),
    ),
)


def test_the_table_says_who_refuses_what_and_why() -> None:
    """A row for each request, a column for each server, and each reason once."""
    rows = portability.text([TABLE]).splitlines()
    assert rows[1].split() == ["vllm", "mistral"]
    assert rows[2].split() == ["turn", "1,", "exchange", "0", "✓", "takes", "✓", "takes"]
    assert rows[3].split() == ["turn", "2,", "exchange", "1", "✗", "refuses", "▲", "may", "refuse"]
    assert "vllm would refuse 1 of 2:" in rows
    assert "mistral may refuse some:" in rows


def test_a_long_table_counts_what_everybody_takes() -> None:
    """The rows that tell something are there."""
    rows = (*TABLE.rows, *[PortableRow(turn=3, exchange=2, against=((), ()))] * 200)
    told = portability.text([Portability(file="a", servers=TABLE.servers, rows=rows)])
    assert "201 more requests that all of them take" in told
    assert "turn 2, exchange 1" in told


def test_scripts_read_verdicts_and_findings() -> None:
    """By server."""
    (file,) = json.loads(portability.json([TABLE]))["files"]
    assert file["rows"][1]["against"]["vllm"]["verdict"] == "refuses"
    assert file["rows"][1]["against"]["mistral"]["findings"][0]["rule"] == "user-after-tool"


def test_markdown_is_a_table() -> None:
    """With as many cells in each row."""
    rows = [row for row in portability.md([TABLE]).splitlines() if row.startswith("|")]
    assert {row.count("|") for row in rows} == {4}
