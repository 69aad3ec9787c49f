"""Promises of `nexdiag.report.diff.formats`."""

import pytest
from report.diff.sample import comparison

from nexdiag.report.diff.formats import FORMATS, HOLD_UNCHECKED


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_something_that_no_terminal_obeys(name: str) -> None:
    """And those that say so hold what was not checked."""
    shown = FORMATS[name]([comparison()], unfolded=True)
    assert "\x1b" not in shown
    assert ("logs: right has none" in shown) == (name in HOLD_UNCHECKED)
