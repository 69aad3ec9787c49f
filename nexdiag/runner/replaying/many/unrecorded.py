"""What a scenario says, and its recording does not hold: told, and counted as not checked. Pure."""

from collections import Counter

from nexdiag.core.cassette import Cassette
from nexdiag.core.replayed import TurnVerdict
from nexdiag.runner.replaying.conversations import ours


def unrecorded(cassette: Cassette) -> tuple[TurnVerdict, ...]:
    """One verdict, with the number 0, where a conversation of our scenario ends before the scenario does."""
    scenario = cassette.header.scenario
    if scenario is None or not (cassette.turns and ours(cassette)):
        return ()
    wanted = sum(say.repeat for say in scenario.say)
    held = min(Counter(turn.session for turn in cassette.turns).values())
    if held >= wanted:
        return ()
    note = f"{held} of the scenario's {wanted} messages were recorded"
    return (TurnVerdict(number=0, said="", outcome="unchecked", note=note),)
