"""Promises of nexdiag.agent.progress: what is told cannot be changed by who hears it."""

from typing import get_args

import msgspec
import pytest

from nexdiag.agent import progress
from nexdiag.core.turn import Turn


def test_what_is_told_is_frozen() -> None:
    """A listener that writes into what it hears would change the work; all kinds of progress refuse that."""
    kinds = get_args(progress.Progress)
    assert len(kinds) == 13
    assert all(kind.__struct_config__.frozen for kind in kinds)
    with pytest.raises(AttributeError):
        progress.TextDelta(text="a").text = "b"  # type: ignore[misc]


def test_what_is_told_crosses_a_socket_unchanged() -> None:
    """A follower behind the daemon's socket reads each kind as it was told."""
    told = [
        progress.TurnStarted(turn=Turn(number=1, said="hi")),
        progress.TextDelta(text="é"),
        progress.TextTakenBack(),
    ]
    read = [msgspec.json.decode(msgspec.json.encode(one), type=progress.Progress) for one in told]
    assert read == told
