"""The table of a campaign."""

import json

import msgspec

from nexdiag.core.fault import Fault
from nexdiag.core.survival import OUTCOMES, Struck, Survival
from nexdiag.report import survival


def struck(text: str, outcome: str, **more: object) -> Struck:
    """A fault of the form `KIND@TURN#CHUNK`, and what came of it."""
    kind, _, where = text.partition("@")
    turn, _, chunk = where.partition("#")
    name, _, value = kind.partition(":")
    fault = Fault(kind=name, value=value, turn=int(turn), chunk=int(chunk) if chunk else None)
    return msgspec.structs.replace(Struck(fault=fault, text=text, outcome=outcome), **more)


SURVIVED = Survival(
    name="five.cassette.jsonl",
    seed=7,
    turns=2,
    struck=(
        struck("status:429@1", "recovered", retries=1, seconds=1.0),
        struck("status:401@1", "told", error="HTTP 401 from http://127.0.0.1/v1: no key", behind=4, later=3),
        struck("cut@1#0", "recovered"),
        struck("cut@1#9", "exact", differs=("tokens",)),
        struck("drop@1#4", "unseen", error="turn 1 answers 'a'"),
        struck("status:429@2", "recovered"),
        struck("stall:head@2", "recovered", seconds=300.5),
    ),
    unchecked=("turn 3: it was cancelled when it was recorded",),
    seconds=0.25,
)
LOST = Survival(
    name="it's.cassette.jsonl",
    turns=1,
    struck=(
        struck("garble:half@1#3", "silent", error="turn 1 answers 'b', where 'a' was sent"),
        struck("stall@1#1", "hung", error="turn 1: it waits for what nothing will bring"),
        struck("reset@1", "crashed", error="KeyError: 'x'\x1b[2J (loop.py:3)"),
    ),
)


def test_the_table_has_a_row_a_kind_and_a_column_a_turn() -> None:
    """A cell holds marks, the worst first; what users saw, was not tried and took longest stands below."""
    assert survival.table(SURVIVED).splitlines() == [
        "five.cassette.jsonl   2 turns   7 faults, one a run   seed 7   network closed   250 ms",
        "               turn 1   turn 2",
        "  status:429   ↻        ↻",
        "  status:401   !        -",
        "  cut          ↻1 ✓1    -",
        "  drop         ~        -",
        "  stall:head   -        ↻",
        "  ✓    1 exact     as recorded; 1 time without its tokens counted",
        "  ↻    4 recovered as recorded, after a retry",
        "  !    1 told      told in one line; 3 of 4 turns behind them answered",
        "  ~    1 unseen    changed, and nobody could have seen it: what came was a whole answer, well formed",
        "  what was told:",
        "    status:401   HTTP 401 from http://127.0.0.1/v1: no key",
        "  not tried: turn 3: it was cancelled when it was recorded",
        "  longest: 5 min 00 s (stall:head@2), as a user would have waited",
        "  ✓ survived: nothing was lost without a word, nothing hung, nothing crashed",
    ]


def test_what_was_not_survived_is_told_with_the_command_that_shows_it() -> None:
    """In words, one by one; a name with a quote is quoted, and a control character is shown, not obeyed."""
    told = survival.table(LOST)
    assert "  ✗ not survived: 3 of 3 faults" in told
    assert "    ✗ silent   garble:half@1#3   turn 1 answers 'b', where 'a' was sent" in told
    assert "      nexdiag replay 'it'\"'\"'s.cassette.jsonl' --fault 'garble:half@1#3'" in told
    assert "    ∞ hung     stall@1#1   turn 1: it waits for what nothing will bring" in told
    assert "    ☠ crashed  reset@1   KeyError: 'x'⟨ESC⟩[2J (loop.py:3)" in told
    assert "\x1b" not in told
    assert "survived: nothing" not in told


def test_many_turns_share_a_column_and_many_losses_are_counted() -> None:
    """A recording of a hundred turns has a table that fits a screen."""
    many = tuple(struck(f"cut@{turn}#0", "silent", error="x") for turn in range(1, 101))
    told = survival.table(Survival(name="c", turns=100, struck=many))
    assert "  cut   ✗100" in told
    assert "    and 88 more; all of them with --format json" in told
    assert len(told.splitlines()) < 40


def test_a_campaign_without_a_fault_has_survived_nothing() -> None:
    """A recording in which nothing can be struck: what was not tried never counts as passed."""
    told = survival.table(Survival(name="c", turns=1))
    assert told.startswith("c   1 turn   0 faults")
    assert "nothing was tried" in told
    assert "✓" not in told
    assert json.loads(survival.survival_json([Survival(name="c", turns=1)]))["files"][0]["survived"] is False


def test_several_campaigns_have_a_sum() -> None:
    """One line at the end counts all of them; a single one needs none."""
    assert survival.tables([SURVIVED, LOST]).splitlines()[-1] == "2 recordings, 10 faults, 3 not survived"
    assert survival.tables([LOST]) == survival.table(LOST)


def test_as_json_each_fault_is_there() -> None:
    """With its text, outcome, what was told, and counts of all outcomes, also of those that never came."""
    read = json.loads(survival.survival_json([SURVIVED, LOST]))
    assert read["schema"] == "nexdiag.survival/1"
    first, second = read["files"]
    assert list(first["counts"]) == list(OUTCOMES)
    assert (first["survived"], second["survived"]) == (True, False)
    assert first["counts"]["recovered"] == 4
    assert second["faults"][0] == {
        "fault": "garble:half@1#3",
        "kind": "garble",
        "session": "",
        "turn": 1,
        "exchange": 1,
        "chunk": 3,
        "outcome": "silent",
        "retries": 0,
        "seconds": 0.0,
        "told": "turn 1 answers 'b', where 'a' was sent",
        "differs": [],
        "turns_behind": 0,
        "answered_behind": 0,
    }


def test_every_outcome_has_a_mark() -> None:
    """Of its own."""
    assert set(survival.MARKS) == set(OUTCOMES)
    assert len(set(survival.MARKS.values())) == len(OUTCOMES)
