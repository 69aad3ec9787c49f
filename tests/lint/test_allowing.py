"""Findings that a scenario allows."""

import msgspec
import pytest
from linting import USER, recording

from nexdiag.core.finding import Finding
from nexdiag.core.scenario import Say, Scenario
from nexdiag.lint.allowing import split
from nexdiag.lint.engine import judge
from nexdiag.lint.profiles import named

ROUND = ({"model": "m", "messages": [USER, USER]}, 200, {"choices": []})


def allowed(scenario: Scenario) -> tuple[list[str], list[str]]:
    cassette = recording(ROUND)
    cassette = msgspec.structs.replace(cassette, header=msgspec.structs.replace(cassette.header, scenario=scenario))
    found: tuple[Finding, ...] = tuple(
        one for one in judge(cassette, named("unknown")) if one.rule == "role-alternation"
    )
    kept, left = split(cassette, found)
    return [one.rule for one in kept], [one.rule for one in left]


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        (Scenario(name="s", say=(Say(text="u"),)), True),
        (Scenario(name="s", say=(Say(text="u"),), allow=("role-alternation",)), False),
        (Scenario(name="s", say=(Say(text="u"),), allow=("NX1",)), False),
        (Scenario(name="s", say=(Say(text="u", allow=("order",)),)), False),
        (Scenario(name="s", say=(Say(text="u"), Say(text="v", allow=("order",)))), True),
        (Scenario(name="s", say=(Say(text="u"),), allow=("role-altercation",)), True),
    ],
)
def test_what_a_scenario_allows_is_set_aside(scenario: Scenario, told: bool) -> None:
    """For the whole recording, or for the turns of one message; what is misspelt allows nothing."""
    kept, left = allowed(scenario)
    assert (bool(kept), bool(left)) == (told, not told)


def test_turns_of_another_session_are_not_those_of_the_scenario() -> None:
    """What one message allows counts in the chat that it was said in."""
    say = Say(text="u", allow=("order",))
    cassette = recording(ROUND)
    scenario = Scenario(name="s", say=(say,))
    cassette = msgspec.structs.replace(cassette, header=msgspec.structs.replace(cassette.header, scenario=scenario))
    found = next(one for one in judge(cassette, named("unknown")) if one.rule == "role-alternation")
    elsewhere = msgspec.structs.replace(found, location=msgspec.structs.replace(found.location, session="b"))
    assert split(cassette, (found, elsewhere)) == ((elsewhere,), (found,))
