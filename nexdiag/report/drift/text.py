"""Drift as plain lines, for reading. No colour, no width: made to be piped."""

from collections.abc import Iterator

from nexdiag.core.drift import Change, Drift
from nexdiag.core.finding import Severity
from nexdiag.report.drift.wording import rows, sentence, side, summary, title
from nexdiag.report.visible import one_line


def whole(drift: Drift) -> str:
    """Both sides, the changes with the weightiest first, what was not checked, and the sum."""
    return "\n".join(_lines(drift))


def _lines(drift: Drift) -> Iterator[str]:
    yield f"left   {side(drift.left)}"
    yield f"right  {side(drift.right)}"
    for change in drift.changes:
        yield from _change(change)
    yield from (f"  not checked: {one_line(text)}" for text in drift.unchecked)
    yield sentence(drift)


def _change(change: Change) -> Iterator[str]:
    yield f"  {change.severity:<7} {change.fingerprint} {title(change)}"
    yield f"          {summary(change)}"
    if change.severity is not Severity.INFO:
        yield from (f"          {label:<6} {text}" for label, text in rows(change))
