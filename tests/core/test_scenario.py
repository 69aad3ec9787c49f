"""Promises of `nexdiag.core.scenario`."""

import msgspec
import pytest

from nexdiag.core.scenario import Expectation, Say, Scenario


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
