"""What a log says that nobody may overlook: its errors, and what was expected of a live run and did not hold.

Law: a line is judged by its level; a line without one only by the traceback that it is.
"""

from collections.abc import Iterable

from nexdiag.core.turn import LogLine
from nexdiag.report.visible import one_line

EXPECTED = "expected: "
"""With this a line begins that tells of an expectation that did not hold (`runner.smoke.spoken_turns`)."""
_OURS = "nexdiag"
_BAD = ("ERROR", "FATAL")
_TRACEBACK = "Traceback (most recent call last)"
_SHOWN = 320
_GAP = " … "


def errors(log: Iterable[LogLine]) -> tuple[LogLine, ...]:
    """The errors of a log, without the expectations that did not hold."""
    return tuple(line for line in log if _is_error(line) and not _is_expectation(line))


def unmet(log: Iterable[LogLine]) -> tuple[str, ...]:
    """What was expected and did not hold, a sentence each."""
    return tuple(line.text.removeprefix(EXPECTED) for line in log if _is_expectation(line))


def _is_error(line: LogLine) -> bool:
    return line.level in _BAD or (line.level is None and line.text.startswith(_TRACEBACK))


def _is_expectation(line: LogLine) -> bool:
    return line.source == _OURS and line.level == "ERROR" and line.text.startswith(EXPECTED)


def gist(line: LogLine, limit: int = _SHOWN) -> str:
    """The line in at most `limit` characters; of a traceback its first line and its last, which names the exception."""
    rows = line.text.strip().splitlines() or [""]
    if len(rows) == 1:
        return one_line(rows[0], limit)
    last = one_line(rows[-1].strip(), limit * 2 // 3)
    return f"{one_line(rows[0], max(limit - len(last) - len(_GAP), 1))}{_GAP}{last}"
