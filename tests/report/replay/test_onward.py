"""A replay that goes on live, for a terminal."""

from pathlib import Path

import msgspec

from nexdiag.core.difference import Difference
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.turn import Turn
from nexdiag.report.replay.onward import outcome, passed


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """One turn that is over."""

    turn: Turn
    verdict: TurnVerdict | None = None


class Onward(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    path: Path | None = None
    played: tuple[TurnVerdict, ...] = ()
    live: tuple[Turn, ...] = ()
    trouble: str | None = None
    mixed: str = ""


def verdict(number: int, outcome: str = "exact", *differences: Difference) -> TurnVerdict:
    return TurnVerdict(number=number, said="q", outcome=outcome, differences=differences)


def test_a_played_turn_and_a_live_one_are_told_apart() -> None:
    """On a line each, with what was said and what came."""
    turn = Turn(number=2, said="Two.", reply="Yes.\nIndeed.", duration=1.25)
    assert passed(Passed(turn=turn, verdict=verdict(2))) == "  turn 2 ✓ played   Two.   → Yes.⏎Indeed."
    assert passed(Passed(turn=turn)) == "  turn 2 ✓ live     Two.   → Yes.⏎Indeed.   1.2 s"


def test_a_turn_that_failed_or_differs_is_told_as_that() -> None:
    """With the reason of a live one."""
    turn = Turn(number=1, said="q", outcome="failed", error="HTTP 400: no")
    assert passed(Passed(turn=turn)) == "  turn 1 ✗ live     q   → HTTP 400: no   0.0 s"
    assert "✗ changed" in passed(Passed(turn=turn, verdict=verdict(1, "changed")))


def test_no_recorded_text_reaches_the_terminal_as_it_is() -> None:
    """Escape sequences are shown, not obeyed."""
    turn = Turn(number=1, said="\x1b[2J", reply="\x9b31m")
    assert not set("\x1b\x9b") & set(passed(Passed(turn=turn)))


def test_what_is_there_now_and_what_comes_next() -> None:
    """A recording that is good is replayed next, one with a failed turn reported."""
    done = Onward(path=Path("c-2.cassette.jsonl"), played=(verdict(1),), live=(Turn(number=2, said="q"),))
    assert outcome(done).splitlines() == [
        "  saved c-2.cassette.jsonl   1 turn as recorded · 1 live",
        "  Next: nexdiag replay c-2.cassette.jsonl",
    ]
    failed = msgspec.structs.replace(done, live=(Turn(number=2, said="q", outcome="failed"),), trouble="disk full")
    assert outcome(failed).splitlines() == [
        "  saved c-2.cassette.jsonl   1 turn as recorded · 1 live · 1 failed",
        "  ✗ disk full",
        "  Next: nexdiag report c-2.cassette.jsonl",
    ]


def test_a_replay_that_stopped_says_where_and_that_nothing_went_live() -> None:
    """With the first differences, and what to do."""
    played = (
        verdict(1),
        verdict(2, "changed", Difference(pointer="/messages/0/content", left="a", right="b")),
        verdict(3),
    )
    assert outcome(Onward(played=played)).splitlines() == [
        "  ✗ turn 2 is changed: nothing went live, and nothing was written",
        "    first      /messages/0/content   changed",
        '      - "a"',
        '      + "b"',
        "    to do      if the change is meant, record it again",
        "               if not, undo it",
        "  Next: mend it, or record again from there: --from 2",
    ]
    assert outcome(Onward()) == "  ✗ nothing went live"


def test_a_recording_from_two_models_is_not_sent_to_a_replay_that_must_differ() -> None:
    """The reason is told, and the next command is another one."""
    done = Onward(path=Path("c.cassette.jsonl"), live=(Turn(number=2, said="q"),), mixed="turn 1 is of model a")
    told = outcome(done)
    assert "it would differ: turn 1 is of model a" in told
    assert told.endswith("Next: nexdiag report c.cassette.jsonl")
