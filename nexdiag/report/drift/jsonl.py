"""Drift → JSON Lines: one line a change."""

from nexdiag.core.drift import Drift
from nexdiag.report.drift.json import fields
from nexdiag.report.json import dump


def whole(drift: Drift) -> str:
    """All lines, each ended; nothing where nothing changed."""
    return "".join(f"{dump(fields(one))}\n" for one in drift.changes)
