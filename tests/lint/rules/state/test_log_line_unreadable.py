"""log-line-unreadable: lines that the daemon did not log."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.seen.state import RowSeen, StateSeen, of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["log-line-unreadable"]))


def places(**state: object) -> list[str | None]:
    return [finding.location.pointer for finding in found(**state)]


GOOD = "2026-05-20T14:03:11.482Z [INFO] Daemon starting"
TRACE = ["Traceback (most recent call last):", '  File "x", line 3', "ValueError: no"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (TRACE, "a crash: ValueError: no"),
        (["thread 'main' panicked at src/a.rs:1:2:", "index out of bounds"], "a crash: thread 'main' panicked"),
        (["panic: runtime error", "", "goroutine 1 [running]:"], "a crash: panic: runtime error"),
    ],
)
def test_a_crash_is_one_warning(lines: list[str], words: str) -> None:
    """At its first line; of a traceback the reason is told."""
    (finding,) = found(daemon_log=[GOOD, *lines, GOOD])
    assert words in finding.summary
    assert (finding.location.pointer, finding.severity) == ("daemon.log:2", Severity.WARNING)


def test_other_lines_are_a_remark_and_equal_ones_are_counted() -> None:
    """But for their numbers."""
    (finding,) = found(daemon_log=["warning 1", GOOD, "warning 2", GOOD, "warning 33"])
    assert (finding.location.pointer, finding.severity) == ("daemon.log:1", Severity.INFO)
    assert finding.evidence[-1] == "2 more like it, the last at daemon.log:5"


@pytest.mark.parametrize(
    "log", [[], [GOOD], [GOOD, ""], ["2026-05-20T14:03:11Z [INFO] [coordinator-0 stderr] Traceback"]]
)
def test_lines_of_the_log_are_none(log: list[str]) -> None:
    """Whatever they tell."""
    assert places(daemon_log=log) == []


def test_of_another_log_only_crashes_are_told() -> None:
    """A recording follows the logs of any program."""
    rows = tuple(RowSeen(file="log (vllm)", line=at, text=text) for at, text in enumerate(["INFO: up", *TRACE], 1))
    told = judge_state(StateSeen(log=rows), select=["log-line-unreadable"])
    assert [one.summary for one in told] == ["a crash: ValueError: no"]
    assert judge_state(StateSeen(log=rows[:1]), select=["log-line-unreadable"]) == ()
