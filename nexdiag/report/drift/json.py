"""Drift → JSON, as scripts read it: `nexdiag.drift/1`. The shape is a promise."""

from typing import Any

import msgspec

from nexdiag.core.drift import Change, Drift
from nexdiag.report.json import dump

SCHEMA = "nexdiag.drift/1"


def whole(drift: Drift) -> str:
    """Both sides, all changes, those that are ignored, and what was not checked."""
    value = {
        "schema": SCHEMA,
        "left": msgspec.to_builtins(drift.left),
        "right": msgspec.to_builtins(drift.right),
        "changes": [fields(one) for one in drift.changes],
        "ignored": [fields(one) for one in drift.ignored],
        "unchecked": list(drift.unchecked),
    }
    return dump(value, indent=2)


def fields(change: Change) -> dict[str, Any]:
    """A change with its fingerprint."""
    return {"fingerprint": change.fingerprint, **msgspec.to_builtins(change)}
