"""What `check` found, as lines and as JSON."""

import json

from nexdiag.report.cassette.health import Health, Remark, health_json, health_text

WHOLE = Health(
    file="a", format=2, turns=1, exchanges=2, size=9, remarks=(Remark(weight="note", what="unfinished: turn 1"),)
)
BROKEN = Health(
    file="b\x1b", remarks=(Remark(weight="warning", what="w"), Remark(weight="broken", what="torn", line=7))
)


def test_the_worst_remark_names_the_file() -> None:
    """A note leaves a file whole."""
    assert (WHOLE.word, BROKEN.word) == ("whole", "broken")
    assert Health(file="c", remarks=BROKEN.remarks[:1]).word == "warning"


def test_each_file_is_a_line_with_its_remarks() -> None:
    assert health_text([WHOLE, BROKEN]).splitlines() == [
        "whole    a   format 2, 1 turn, 2 exchanges",
        "  note     unfinished: turn 1",
        "broken   b⟨ESC⟩",
        "  warning  w",
        "  broken   line 7: torn",
        "2 files: 1 whole, 1 broken",
    ]
    assert "unfinished" not in health_text([WHOLE, BROKEN], quiet=True)


def test_the_same_as_json() -> None:
    told = json.loads(health_json([WHOLE, BROKEN]))
    assert told["schema"] == "nexdiag.cassette-check/1"
    assert [one["word"] for one in told["files"]] == ["whole", "broken"]
    assert told["files"][1]["remarks"][1] == {"weight": "broken", "what": "torn", "line": 7}
