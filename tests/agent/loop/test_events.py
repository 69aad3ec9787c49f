"""Promises of nexdiag.agent.loop.events: what passes between machine and driver cannot be changed on the way."""

from typing import get_args

import pytest

from nexdiag.agent.loop import events


def test_what_passes_is_frozen() -> None:
    """Events, commands, records and limits are facts: nobody writes into them."""
    kinds = {*get_args(events.Event), *get_args(events.Command), *get_args(events.Record), events.Limits}
    assert len(kinds) == 16
    assert all(kind.__struct_config__.frozen for kind in kinds)
    with pytest.raises(AttributeError):
        events.Said(text="a").text = "b"  # type: ignore[misc]


def test_a_request_for_a_summary_is_a_request() -> None:
    """A client that can send a conversation can send it, and needs to know of nothing else."""
    assert isinstance(events.Summarise(messages=()), events.CallModel)
