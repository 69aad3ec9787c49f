"""Promises of nexdiag.report.logged."""

from nexdiag.core.turn import LogLine
from nexdiag.report.logged import errors, gist, unmet

CHAINED = (
    'daemon: turn 0 went wrong\nTraceback (most recent call last):\n  File "a.py", line 11\nZeroDivisionError: by zero'
    "\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n"
    '  File "a.py", line 12\nRuntimeError: it went wrong\n'
)


def line(text: str, level: str | None = "ERROR", source: str = "daemon") -> LogLine:
    return LogLine(at=1.0, text=text, level=level, source=source)


def test_errors_are_told_by_their_level() -> None:
    """ERROR and FATAL count, and a traceback that no level stands before; words about errors do not."""
    bad = (line("a"), line("b", "FATAL"), line("Traceback (most recent call last):\n  x\nKeyError: 1", None, "stderr"))
    assert errors((*bad, line("an ERROR", "WARN"), line("ERROR in prose", None), line("c", "INFO"))) == bad


def test_an_expectation_that_did_not_hold_is_no_error_of_the_log() -> None:
    """Only our own line says so, not one that looks like it in somebody's log."""
    ours = line("expected: the answer lacks 'blue'", source="nexdiag")
    theirs = line("expected: a comma")
    assert unmet((ours, theirs)) == ("the answer lacks 'blue'",)
    assert errors((ours, theirs)) == (theirs,)


def test_of_a_traceback_its_first_and_last_line_are_shown() -> None:
    """What was said when it went wrong, and the exception it ended with; safe to print."""
    assert gist(line(CHAINED)) == "daemon: turn 0 went wrong … RuntimeError: it went wrong"
    assert gist(line(CHAINED), 45) == "daemon: turn 0… … RuntimeError: it went wrong"
    assert gist(line("one\x1b[2J")) == "one⟨ESC⟩[2J"
    assert gist(line("")) == ""
