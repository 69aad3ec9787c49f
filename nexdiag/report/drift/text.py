"""Drift as plain lines, for reading. No colour, no width: made to be piped."""

from collections.abc import Iterator

from nexdiag.core.drift import Change, Drift
from nexdiag.core.finding import Severity
from nexdiag.report.drift.wording import grouped, rows, sentence, side, summary, title
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count


def whole(drift: Drift) -> str:
    """Both sides, the changes with the weightiest first, what was not checked, and the sum."""
    return "\n".join(_lines(drift))


def _lines(drift: Drift) -> Iterator[str]:
    yield f"left   {side(drift.left)}"
    yield f"right  {side(drift.right)}"
    for group in grouped(drift.changes):
        yield from _change(group[0])
        if len(group) > 1:
            yield f"          and {count(len(group) - 1, 'more place')} of which the same holds:"
            yield from (f"          {one.fingerprint} {one_line(one.pointer, 200)}: {one.right}" for one in group[1:])
    yield from (f"  not checked: {one_line(text)}" for text in drift.unchecked)
    yield sentence(drift)


def _change(change: Change) -> Iterator[str]:
    yield f"  {change.severity:<7} {change.fingerprint} {title(change)}"
    yield f"          {summary(change)}"
    if change.severity is not Severity.INFO:
        yield from (f"          {label:<6} {text}" for label, text in rows(change))
