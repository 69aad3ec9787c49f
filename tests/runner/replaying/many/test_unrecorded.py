"""What a scenario says and its recording does not hold."""

from pathlib import Path

import msgspec

from nexdiag.runner.load import load
from nexdiag.runner.replaying.many.unrecorded import unrecorded

FIVE = load(Path(__file__).parents[4] / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl")


def test_a_whole_recording_lacks_nothing() -> None:
    """No verdict for it."""
    assert unrecorded(FIVE) == ()


def test_one_that_ends_too_early_is_told_with_both_numbers() -> None:
    """As unchecked, outside all turns."""
    (told,) = unrecorded(msgspec.structs.replace(FIVE, turns=FIVE.turns[:3]))
    assert (told.number, told.outcome) == (0, "unchecked")
    assert told.note == "3 of the scenario's 5 messages were recorded"


def test_without_a_scenario_or_a_turn_nobody_knows() -> None:
    """Then nothing is said."""
    header = msgspec.structs.replace(FIVE.header, scenario=None)
    assert unrecorded(msgspec.structs.replace(FIVE, header=header, turns=FIVE.turns[:3])) == ()
    assert unrecorded(msgspec.structs.replace(FIVE, turns=())) == ()
