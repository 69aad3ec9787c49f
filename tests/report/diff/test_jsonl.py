"""Promises of `nexdiag.report.diff.jsonl`."""

import json

from report.diff.sample import comparison

from nexdiag.report.diff.jsonl import whole


def test_each_difference_is_a_line_with_its_place() -> None:
    """What is carried on only on request."""
    lines = [json.loads(line) for line in whole([comparison()]).splitlines()]
    assert [(line["row"], line["pointer"]) for line in lines] == [
        (1, "(usage)/output_tokens"), (1, "(duration)"), (2, "/messages/3/content"), (2, "/messages/4"),
        (2, "(status)"), (3, "(status)"), (4, "(turn)"),
    ]  # fmt: skip
    assert [line["first"] for line in lines] == [False, False, True, True, True, False, False]
    assert (lines[2]["turn"], lines[2]["exchange"], lines[2]["left_file"]) == (2, 1, "a.cassette.jsonl")
    assert len(whole([comparison()], unfolded=True).splitlines()) == len(lines) + 1
    assert whole([]) == ""
