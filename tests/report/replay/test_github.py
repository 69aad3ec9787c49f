"""Workflow commands of GitHub Actions."""

import re
from urllib.parse import unquote

from report.replay import sample
from syrupy.assertion import SnapshotAssertion

from nexdiag.core.difference import Difference
from nexdiag.core.run import Replayed
from nexdiag.report.replay import github

COMMAND = re.compile(r"::(error|warning|notice) ((?:file=([^,:]*),)?title=([^,:]*))::(.*)")
"""What a runner reads."""


def commands(*done: Replayed) -> list[tuple[str, str, str, str]]:
    """Level, file, title and message of each, as a runner would have them."""
    found = [COMMAND.fullmatch(row) for row in github.whole(done).splitlines()[:-1]]
    assert all(found)
    return [(one[1], unquote(one[3] or ""), unquote(one[4]), unquote(one[5])) for one in found if one]


def different(number: int) -> Replayed:
    """A recording that differs in its own way."""
    found = Difference(pointer=f"/at/{number}", left=1, right=2)
    return sample.one(f"r{number}", [sample.verdict(1, "changed", differences=(found,))])


def test_the_golden_commands(snapshot: SnapshotAssertion) -> None:
    """One of each."""
    assert github.whole(sample.several()) == snapshot


def test_what_was_asked_outside_turns_is_an_error_of_its_own() -> None:
    """It is not hidden behind turns that nobody asked for."""
    turns = [sample.verdict(1, "missing"), sample.verdict(0, "extra", divergence=sample.DIVERGENCE)]
    first, second = commands(sample.one("x", turns, how="served"))
    assert "outside turns extra at /messages/6/content" in first[2]
    assert "turn 1 missing" in second[2]


def test_a_divergence_is_an_error_beside_its_file() -> None:
    """With all that the text has, in lines."""
    ((level, file, title, message),) = commands(sample.changed())
    assert (level, file) == ("error", "cassettes/changed.cassette.jsonl")
    assert title == "nexdiag replay: turn 3 changed at /messages/6/content"
    assert "+ …t does; the answer is short. Be ⟦careful⟧" in message.splitlines()[4]


def test_the_same_divergence_is_annotated_once() -> None:
    """The others are counted."""
    ((_, _, _, message),) = commands(*(sample.changed(f"c{number}") for number in range(30)))
    assert message.splitlines()[-1] == "the same divergence in 29 more conversations"


def test_at_most_ten_of_a_kind_and_the_rest_is_told() -> None:
    """GitHub drops the eleventh in silence."""
    assert len(commands(*(different(number) for number in range(10)))) == 10
    told = commands(*(different(number) for number in range(30)), *[sample.nothing()] * 12)
    assert [level for level, *_ in told] == ["error"] * 10 + ["warning"] * 10
    assert told[9][3].startswith("21 more errors are not shown here")
    assert told[19][3].startswith("3 more warnings are not shown here")


def test_nothing_recorded_becomes_a_command() -> None:
    """Neither a line, nor a property, nor the older spelling."""
    rows = github.whole([sample.hostile(), sample.unread()]).splitlines()
    assert all(COMMAND.fullmatch(row) for row in rows[:-1])
    assert not [row for row in rows if row.startswith("##[")]
    assert not {"\x1b", "\r", "\x00"} & {*"\n".join(rows)}
    assert not rows[-1].startswith("::")


def test_escapes_are_those_that_github_documents() -> None:
    """Per cent, ends of lines; in properties colons and commas too."""
    one = Replayed(path="a,b:c%d.cassette.jsonl", what="100% gone", hint="second", code=3)
    (row, _) = github.whole([one]).splitlines()
    head = "::error file=a%2Cb%3Ac%25d.cassette.jsonl,title=nexdiag replay%3A cannot be replayed"
    assert row == f"{head}::100%25 gone%0Ahint: second"


def test_mended_is_a_notice_and_not_checked_a_warning() -> None:
    """Neither is an error."""
    assert [level for level, *_ in commands(sample.mended(), sample.torn(), sample.old())] == [
        "warning", "warning", "warning", "notice",
    ]  # fmt: skip


def test_the_step_summary_fits_beside_what_is_there() -> None:
    """Above 1 MiB GitHub takes none of it."""
    many = [different(number) for number in range(9000)]
    page = github.step_summary(many, already=200_000)
    assert len(page.encode()) + 200_000 < 1024 * 1024
    assert "more are left out" in page
    assert github.step_summary(many, already=2_000_000) == ""
    assert github.step_summary([sample.exact()]).endswith("\n")
