"""The first thing that changed, in a few lines."""

import msgspec
import pytest
from report.replay import sample

from nexdiag.core.difference import Difference
from nexdiag.report.replay.divergence import MOST, lines, short


def test_without_values_the_reason_is_told() -> None:
    """Ambiguity, or a request on top, has no place that differs."""
    why = "every recorded exchange has been played, and this request came on top"
    found = msgspec.structs.replace(sample.DIVERGENCE, first=None, nearest=None, why=why)
    turn = sample.verdict(3, "extra", divergence=found)
    assert f"why        {why}" in lines(turn)
    assert short(turn) == "extra"


def test_the_reason_is_not_said_twice() -> None:
    """Where nearest recording and values are shown, the sentence about them is not."""
    told = "\n".join(lines(sample.verdict(3, "changed", divergence=sample.DIVERGENCE)))
    assert "no recording of this request" not in told
    assert short(sample.verdict(3, "changed", divergence=sample.DIVERGENCE)) == "changed at /messages/6/content"


def test_it_never_grows() -> None:
    """However much differs, and however long advice and reasons are."""
    worst = msgspec.structs.replace(
        sample.DIVERGENCE, ambiguous=tuple(range(1000)), why="w " * 10_000, advice="a; " * 1000, path="/p" * 9999,
        first=Difference(pointer="/p" * 9999, left="x" * 99999, right=["y"] * 99999, right_pointer="/q" * 9999),
    )  # fmt: skip
    seen = tuple(Difference(pointer=f"({name})", left=1, right=2) for name in ("reply", "error", "tokens"))
    rows = lines(sample.verdict(3, "changed", divergence=worst, differences=seen))
    assert len(rows) <= MOST
    assert max(map(len, rows)) < 400
    assert any("another reply, error, tokens" in row for row in rows)


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    """Each row is one line of visible characters."""
    turn = sample.hostile().run
    assert turn is not None
    for row in lines(turn.replayed[0]):
        assert len(row.splitlines()) == 1
        assert not {"\x1b", "\x00", "\u202e"} & {*row}


def test_without_advice_there_is_some() -> None:
    """A reader is never left without what to do."""
    assert lines(sample.verdict(1, "missing"))[-2].startswith("to do      if the change is meant")


def test_an_entry_that_moved_is_named_on_both_sides() -> None:
    """Where it stood, and where it was sent."""
    first = msgspec.structs.replace(sample.CHANGE, right_pointer="/messages/8/content")
    found = msgspec.structs.replace(sample.DIVERGENCE, first=first)
    assert any("(sent as /messages/8/content)" in row for row in lines(sample.verdict(1, "changed", divergence=found)))


@pytest.mark.parametrize(
    ("shared", "recorded", "words"),
    [
        (0, 2, "exchange 4 of turn 3: the first of its 2 messages differs"),
        (1, 3, "exchange 4 of turn 3: the first of its 3 messages is equal"),
        (1, 1, "exchange 4 of turn 3: its only message is equal"),
        (4, 3, "exchange 4 of turn 3: all of its 3 messages are equal"),
        (0, 1, "exchange 4 of turn 3: its only message differs"),
        (2, 3, "exchange 4 of turn 3: the first 2 of its 3 messages are equal"),
        (0, 0, "exchange 4 of turn 3"),
    ],
)
def test_what_is_shared_is_said_in_words(shared: int, recorded: int, words: str) -> None:
    """With the nearest recording."""
    found = msgspec.structs.replace(sample.DIVERGENCE, shared=shared, recorded=recorded)
    assert f"nearest    {words}" in lines(sample.verdict(3, "changed", divergence=found))
