"""What holds for every format of drift."""

import pytest
from drift_sample import DRIFT, NOTHING

from nexdiag.cli.drift import Format
from nexdiag.report.drift.formats import FORMATS, HOLD_UNCHECKED


def test_the_table_is_what_the_command_offers() -> None:
    """Each format of the option has its function."""
    assert set(FORMATS) == {str(one) for one in Format}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_holds_the_changes_and_obeys_no_recorded_text(name: str) -> None:
    """Fingerprint, weight and both counts of a change; what was not checked; and no control character."""
    text = FORMATS[name](DRIFT)
    assert DRIFT.changes[0].fingerprint in text
    assert "\x1b" not in text
    assert "error" in text
    assert ("only the left has any" in text) == (name in HOLD_UNCHECKED)
    if name not in ("json", "jsonl"):
        assert "40/40 → 0/48" in text or "40/40 \\u2192 0/48" in text
    FORMATS[name](NOTHING)
