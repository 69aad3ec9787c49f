"""restart-storm: more than three restarts in ten minutes."""

import pytest

from nexdiag.core.finding import Finding
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["restart-storm"]))


def places(**state: object) -> list[str | None]:
    return [finding.location.pointer for finding in found(**state)]


def line(second: int, text: str) -> str:
    return f"2026-05-20T{14 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000Z [INFO] {text}"


START, STOP = "Daemon starting (PID 7, socket x)", "Daemon stopped"
DIED = "Coordinator-0: nex subprocess exited exit status: 1 — will restart"


@pytest.mark.parametrize(
    ("log", "who"),
    [
        ([line(at, DIED) for at in (0, 3, 6, 599)], "coordinator-0 was restarted 4 times within 599 s"),
        ([line(at, START) for at in (0, 3, 6, 9, 12)], "the daemon was restarted 4 times within 9 s"),
        ([line(5, "Coordinator-1: 3 crashes in last 10 minutes, pausing for 540s")], "coordinator-1 paused"),
        ([line(5, "chat 0: the chat pauses after three internal errors in ten minutes")], "chat 0 paused"),
    ],
)
def test_a_storm_is_told_once(log: list[str], who: str) -> None:
    """At its first restart, with who it was."""
    (finding,) = found(daemon_log=log)
    assert who in finding.summary
    assert finding.location.pointer in ("daemon.log:1", "daemon.log:2")


@pytest.mark.parametrize(
    "log",
    [
        [],
        [line(at, DIED) for at in (0, 3, 6)],
        [line(at * 300, DIED) for at in range(9)],
        [line(at, text) for at in range(9) for text in (START, STOP)],
        [line(at, DIED.replace("will restart", "cooperative-handoff race, restarting")) for at in range(9)],
        [line(at, DIED.replace("-0", f"-{at}")) for at in range(9)],
        [DIED] * 9,
        [line(at, f"[coordinator-0 stderr] the word restarting, {at} times") for at in range(9)],
    ],
)
def test_what_is_orderly_or_slow_is_none(log: list[str]) -> None:
    """Three alone, spread out, after an orderly stop, hand-overs, several chats, words of somebody else."""
    assert places(daemon_log=log) == []
