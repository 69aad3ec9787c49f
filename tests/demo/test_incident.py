"""The four faults of the founding incident."""

import pytest

from nexdiag.core.endpoint import Endpoint
from nexdiag.core.message import Message
from nexdiag.demo.incident import FAULTS, SCENARIO, Fault, push_warning
from nexdiag.lint import profiles, rules
from nexdiag.runner.crew import live_transport
from nexdiag.runner.play import Stage


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_changes_one_thing(fault: Fault) -> None:
    """Switched on, a fault differs from the right stage in one place, so that what is found is its doing."""
    right = Stage(
        endpoint=Endpoint(base_url="http://h/v1", model="tiny", profile=profiles.resolve(None)),
        transport=live_transport(),
    )
    wrong = fault.switch_on(right)
    pairs = [(getattr(right, name), getattr(wrong, name)) for name in right.__struct_fields__ if name != "endpoint"]
    pairs += [
        (getattr(right.endpoint, name), getattr(wrong.endpoint, name)) for name in right.endpoint.__struct_fields__
    ]
    assert sum(left != other for left, other in pairs) == 1


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_names_a_rule_and_a_server_that_refuses_it(fault: Fault) -> None:
    """The server of the demo refuses that very fault, by its profile."""
    assert rules.find(fault.rule)
    assert profiles.named(fault.server).refusal(fault.rule) is not None


def test_the_warning_is_pushed_as_a_second_user_message() -> None:
    """That is the fault: two user messages in a row."""
    pushed = push_warning([Message(role="user", content="hi")], "full")
    assert [message.role for message in pushed] == ["user", "user"]


def test_the_scenario_has_five_messages() -> None:
    """One more than it takes to see that the second is not the last to break."""
    assert len(SCENARIO.say) == 5
