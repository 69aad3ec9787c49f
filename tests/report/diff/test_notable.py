"""Promises of `nexdiag.report.diff.notable`."""

import msgspec
from report.diff.sample import comparison

from nexdiag.core.comparison import Side
from nexdiag.core.finding import Severity
from nexdiag.report.diff.notable import (
    Way,
    both_names,
    file_of,
    fingerprint_of,
    news,
    quiet,
    sentence,
    title_of_finding,
    told_in,
    told_of,
    weight_of,
)


def test_what_explains_is_an_error_and_what_follows_is_not_told() -> None:
    """The explaining difference stands first; a row whose aspects are spared has no weight."""
    found = comparison()
    told = list(news(found))
    assert [(one.severity, one.title.split(" POST")[0]) for one in told] == [
        (Severity.ERROR, "turn 2, exchange 1"), (Severity.WARNING, "turn 5 one more"),
    ]  # fmt: skip
    assert [one.pointer for one in told[0].differences] == ["/messages/4", "/messages/3/content", "(status)"]
    assert told[0].summary.startswith("/messages/4 added, /messages/3/content changed")
    lines = list(told_in(told[0]))
    assert "explains why right was refused" in lines[0]
    assert not any("\x1b" in line for line in lines)
    spared = list(news(found, Way(fails=frozenset({"turn"}))))
    assert [one.severity for one in spared] == [Severity.INFO, Severity.WARNING]
    assert quiet(found) == 2


def test_findings_weigh_only_where_they_were_asked_for() -> None:
    """As in the exit code."""
    (finding,) = comparison().findings.new
    assert weight_of(finding, Way()) is Severity.INFO
    assert weight_of(finding, Way(fails=frozenset({"findings"}))) is Severity.ERROR
    assert title_of_finding(finding).startswith("new: NX101 role-alternation turn 2")
    assert list(told_of(finding))[-1] == "fix: merge them"


def test_a_row_stands_beside_the_file_that_has_it() -> None:
    """The right one; the left for what only that has, and where the right was played just now."""
    found = comparison()
    row = found.rows[3]
    assert file_of(found, row)[1] == 3
    assert file_of(found, msgspec.structs.replace(row, right=None)) == ("a.cassette.jsonl", 2)
    played = msgspec.structs.replace(found, right=Side(name="a (replay)", kind="replay"))
    assert file_of(played, row) == ("a.cassette.jsonl", 2)
    assert both_names(found).startswith("a.cassette.jsonl ↔ b⟨ESC⟩")
    assert sentence([found, found]) == "2 pairs compared, 2 pairs differ"


def test_a_fingerprint_stays_while_only_the_place_in_a_list_moves() -> None:
    """And is another for another aspect."""
    found = comparison()
    one = found.rows[2].differences[1]
    moved = msgspec.structs.replace(one, pointer="/messages/77", right={"role": "user", "content": "other"})
    assert fingerprint_of(found, one) == fingerprint_of(found, moved)
    assert fingerprint_of(found, one) != fingerprint_of(found, msgspec.structs.replace(one, aspect="tools"))
