"""Promises of `nexdiag.report.diff.formats`."""

import pytest
from report.diff.sample import comparison

from nexdiag.cli.diff import Format
from nexdiag.report.diff.formats import FORMATS, HOLD_UNCHECKED, PLACED
from nexdiag.report.diff.notable import Way


def test_the_table_is_what_the_command_offers() -> None:
    """But for the page, which wants both recordings."""
    assert {*FORMATS, "html"} == {str(one) for one in Format}
    assert set(PLACED) <= set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_something_that_no_terminal_obeys(name: str) -> None:
    """And those that say so hold what was not checked."""
    shown = FORMATS[name]([comparison()], Way(unfolded=True))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert ("logs: right has none" in shown) == (name in HOLD_UNCHECKED)
    FORMATS[name]([], Way())
