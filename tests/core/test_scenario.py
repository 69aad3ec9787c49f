"""Promises of `nexdiag.core.scenario`."""

import msgspec
import pytest

from nexdiag.core.scenario import START, Expectation, Say, Scenario, Spoken


def test_an_answer_is_expected_unless_it_is_said_otherwise() -> None:
    """A message that is not answered is a failure; no tool may be used by default."""
    scenario = Scenario(name="n", say=(Say(text="hi"),))
    assert scenario.say[0].expect == Expectation(answer=True)
    assert scenario.tools == ()


@pytest.mark.parametrize("kind", [Scenario, Say, Expectation])
def test_unknown_keys_are_refused(kind: type[msgspec.Struct]) -> None:
    """A misspelt expectation must not count as met."""
    known = {"name": "n", "text": "t", "say": [{"text": "t"}]}
    table = {key: value for key, value in known.items() if key in kind.__struct_fields__}
    assert msgspec.convert(table, kind)
    with pytest.raises(msgspec.ValidationError, match="unknown field `answr`"):
        msgspec.convert(table | {"answr": True}, kind)


def test_repeats_multiply() -> None:
    """A message that is repeated, in a scenario that is, is said as often as both say."""
    assert Scenario(name="n", say=(Say(text="a", repeat=3), Say(text="b")), repeat=2).messages == 8


@pytest.mark.parametrize(
    ("kill", "after"), [(False, None), (True, START), ("first_tool", "first_tool"), (0.0, 0.0), (2, 2)]
)
def test_the_daemon_is_killed_at_a_moment_or_not_at_all(kill: bool | float | str, after: float | str | None) -> None:
    """`true` is the start of the turn; zero seconds are a moment, too."""
    assert Say(text="x", kill_daemon=kill).kills_after == after


def test_a_message_is_in_order_if_nothing_is_unmet() -> None:
    """What could not be checked does not break it."""
    assert Spoken(number=1, said="x", unchecked=("why",)).ok
    assert not Spoken(number=1, said="x", unmet=("what",)).ok
