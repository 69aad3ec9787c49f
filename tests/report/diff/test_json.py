"""Promises of `nexdiag.report.diff.json`."""

import json

from report.diff.sample import comparison

from nexdiag.report.diff.json import SCHEMA, whole


def test_the_shape_is_a_promise() -> None:
    """The keys of docs/reference/diff.md, and nothing that a terminal obeys."""
    shown = whole([comparison()])
    assert shown.isascii()
    assert "\x1b" not in shown
    told = json.loads(shown)
    assert told["schema"] == SCHEMA == "nexdiag.diff/1"
    (pair,) = told["pairs"]
    assert list(pair) == [
        "left", "right", "mode", "verdict", "differences", "first", "rows", "aside", "findings", "explanation",
        "unchecked",
    ]  # fmt: skip
    assert list(pair["left"]) == ["name", "kind", "server", "model", "origin", "created", "turns", "exchanges"]
    assert (pair["mode"], pair["differences"], pair["first"]) == ("run", 6, 2)
    assert list(pair["rows"][2]) == ["kind", "title", "left", "right", "consequence", "carried", "differences"]
    assert [row["kind"] for row in pair["rows"]] == ["same", "changed", "changed", "changed", "added"]
    assert pair["explanation"]["differences"] == [1]
    assert [len(pair["findings"][key]) for key in ("new", "gone", "still")] == [1, 1, 1]


def test_values_stand_where_they_are_new() -> None:
    """An absence is no null; what is carried on tells no value; what is left out of a text tells its length."""
    rows = json.loads(whole([comparison()]))["pairs"][0]["rows"]
    long, added, changed = rows[2]["differences"]
    assert "left" not in added
    assert added["right"]["role"] == "user"
    assert (changed["left"], changed["right"]) == (200, 400)
    assert {"kind", "length"} in [set(piece) for piece in long["words"]]
    assert not {"left", "right", "words"} & set(rows[3]["differences"][0])
