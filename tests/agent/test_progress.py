"""Promises of nexdiag.agent.progress: what is told cannot be changed by who hears it."""

from typing import Union, get_args

import msgspec
import pytest

from nexdiag.agent import progress
from nexdiag.core.message import Usage
from nexdiag.core.turn import ToolRun


def test_what_is_told_is_frozen() -> None:
    """A listener that writes into what it hears would change the work; all kinds of progress refuse that."""
    kinds = get_args(progress.Progress)
    assert len(kinds) == 13
    assert all(kind.__struct_config__.frozen for kind in kinds)
    with pytest.raises(AttributeError):
        progress.TextDelta(text="a").text = "b"  # type: ignore[misc]


def test_what_is_told_crosses_a_socket_unchanged() -> None:
    """A follower behind the daemon's socket reads each kind as it was told; turns are read by the daemon's protocol."""
    told = [
        progress.TextDelta(text="é"),
        progress.TextTakenBack(),
        progress.Compacted(before=9, after=1, how="pruned"),
        progress.UsageTold(usage=Usage(input_tokens=1), used=2, window=3),
        progress.ToolRan(run=ToolRun(call_id="a", name="b", arguments="{}", output="c")),
    ]
    plain = tuple(kind for kind in get_args(progress.Progress) if "turn" not in kind.__struct_fields__)
    kinds = Union[plain]  # noqa: UP007 - it is made of a tuple
    assert [msgspec.json.decode(msgspec.json.encode(one), type=kinds) for one in told] == told
