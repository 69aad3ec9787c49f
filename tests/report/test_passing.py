"""Lines that are told while a recording is made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.finding import Finding, Severity
from nexdiag.report.passing import Passed, ended, found, line, recording, saved
from nexdiag.report.visible import visible


def test_many_calls_are_cut() -> None:
    told = line(Passed(method="POST", path="/x", calls=tuple("abcdefg")))
    assert told.endswith("→ a, b, c, d and 3 more")


@given(
    st.builds(
        Passed,
        method=st.text(max_size=9),
        path=st.text(max_size=50),
        session=st.text(max_size=9),
        turn=st.none() | st.integers(),
        status=st.none() | st.integers(100, 599),
        refusal=st.none() | st.text(max_size=200),
        calls=st.lists(st.text(max_size=9)).map(tuple),
    )
)
def test_whatever_passes_is_one_line_that_no_terminal_obeys(one: Passed) -> None:
    """Whoever made it up."""
    told = line(one)
    assert visible(told) == told
    assert "\n" not in told


def test_the_first_line_names_both_ends_and_the_program() -> None:
    told = recording(
        "http://127.0.0.1:47011", "https://me:pw@h.example/api/v1?k=v", ["./my-agent", "secret words"], 4121
    )
    assert told == "● recording   127.0.0.1:47011 → h.example   ./my-agent (pid 4121)"


def test_how_it_ended() -> None:
    command = ["./my-agent", "x"]
    assert ended(command, code=1, signal=None, turn=2, took=6.1) == "✗ ./my-agent exited 1 in turn 2, after 6.1 s"
    assert ended(command, code=0, signal=None, turn=2, took=6.1) == "✓ ./my-agent exited 0, after 6.1 s"
    far = ["/usr/local/lib/node_modules/codex/bin/codex", "x"]
    assert ended(far, code=0, signal=None, turn=None, took=6.1) == "✓ codex exited 0, after 6.1 s"
    killed = ended(command, code=143, signal="SIGTERM", turn=None, took=0.5)
    assert killed == "✗ ./my-agent was ended by SIGTERM, after 500 ms"


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 B"), (999, "999 B"), (18_400, "18 kB"), (1_250_000, "1.2 MB"), (3 * 10**9, "3000.0 MB")]
)
def test_what_was_saved(size: int, shown: str) -> None:
    assert saved("f", size=size, exchanges=1, log_lines=0, secrets=0) == f"saved f   {shown} · 1 exchange"


def test_what_was_saved_counts_only_what_there_is() -> None:
    told = saved("f", size=18_000, exchanges=3, log_lines=57, secrets=1)
    assert told == "saved f   18 kB · 3 exchanges · 57 log lines · 1 secret redacted"


def test_findings_are_short_and_cut() -> None:
    one = Finding(rule="role-alternation", code="NX101", severity=Severity.ERROR, summary="both\nare user")
    assert found([one]) == ["error NX101 role-alternation   both⏎are user"]
    assert found([one] * 7)[5:] == ["and 2 more findings"]
