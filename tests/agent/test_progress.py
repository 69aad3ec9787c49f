"""Promises of nexdiag.agent.progress: what is told cannot be changed by who hears it."""

from typing import get_args

import pytest

from nexdiag.agent import progress


def test_what_is_told_is_frozen() -> None:
    """A listener that writes into what it hears would change the work; all kinds of progress refuse that."""
    kinds = get_args(progress.Progress)
    assert len(kinds) == 7
    assert all(kind.__struct_config__.frozen for kind in kinds)
    with pytest.raises(AttributeError):
        progress.TextDelta(text="a").text = "b"  # type: ignore[misc]
