"""Promises of `nexdiag.diff.logs`."""

import pytest

from nexdiag.core.turn import LogLine
from nexdiag.diff.aside import Asides
from nexdiag.diff.logs import compare_logs, normal
from nexdiag.diff.reading import REPLAY, RUN, Reading


def log(*texts: str, level: str = "INFO", source: str = "daemon") -> list[LogLine]:
    """Lines of a log."""
    return [LogLine(at=float(n), text=text, level=level, source=source) for n, text in enumerate(texts)]


def places(
    left: list[LogLine], right: list[LogLine], mode: str = REPLAY, asides: Asides | None = None
) -> list[tuple[str, str]]:
    """Kind and pointer of each difference."""
    return [(one.kind, one.pointer) for one in compare_logs(left, right, Reading(mode, asides or Asides()))]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("at 2026-01-02T03:04:05.678Z", "at 2026-11-12 13:14:15+0100"),
        ("at 03:04:05.678", "at 13:14:15"),
        ("request 0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f", "request ffffffff-0a1b-0a1b-0a1b-0a1b2c3d4e5f"),
        ("Daemon starting (PID 12)", "Daemon starting (PID 4711)"),
        ("listening on 127.0.0.1:8080", "listening on 127.0.0.1:45123"),
        ("took 12 ms", "took 3.5 s"),
        ("commit 0a1b2c3d4e", "commit 99aabbccdd"),
        ("key [redacted 01234567]", "key [redacted 76543210]"),
        ("wrote /tmp/a/b.txt", "wrote /tmp/c/d.txt"),
    ],
)
def test_what_each_run_has_of_its_own_is_set_aside(left: str, right: str) -> None:
    """Times, ids, ports, processes, directories of a test: counted, and no difference."""
    asides = Asides()
    assert places(log(left), log(right), asides=asides) == []
    assert [(one.rule, one.count) for one in asides.told()] == [("log", 1)]


def test_a_line_put_in_is_one_difference_and_a_changed_one_another() -> None:
    """A level is a part of the line."""
    assert places(log("a b", "c d"), log("a b", "new", "c d")) == [("added", "(log)/1")]
    assert places(log("disk is full"), log("disk is nearly full")) == [("changed", "(log)/0")]
    assert places(log("chat 0 began"), log("chat 0: disk is nearly full")) == [
        ("removed", "(log)/0"),
        ("added", "(log)/0"),
    ]
    assert places(log("same"), log("same", level="ERROR")) == [("changed", "(log)/0")]
    assert places(log("a"), log("a", source="stderr")) == [("removed", "(log)/0"), ("added", "(log)/0")]


def test_counts_are_a_models_doing_in_live_runs() -> None:
    """In a replay they are not."""
    assert places(log("counted 12 tokens"), log("counted 13 tokens"), RUN) == []
    assert places(log("counted 12 tokens"), log("counted 13 tokens")) == [("changed", "(log)/0")]
    assert normal("status 400") == "status 400"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("server answered 200", "server answered 500"),
        ("tool exited with code 0", "tool exited with code 1"),
        ("HTTP status: 200", "HTTP status: 404"),
        ("exit=0", "exit=137"),
    ],
)
def test_how_something_came_out_counts_in_live_runs_too(left: str, right: str) -> None:
    """A status and an exit code are no model's doing."""
    assert places(log(left), log(right), RUN) == [("changed", "(log)/0")] or len(places(log(left), log(right), RUN)) > 1
