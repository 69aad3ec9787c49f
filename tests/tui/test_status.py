"""The status line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from tui_daemon import turn

from nexdiag.agent import progress as told
from nexdiag.core.message import Usage
from nexdiag.core.turn import ToolRun
from nexdiag.tui.status import Facts, clock, count, doing, line

ALL = Facts(
    model="qwen3-coder",
    executor="nex",
    usage=Usage(input_tokens=12_345, output_tokens=678),
    used=21_000,
    window=32_768,
    recording="x",
    doing="running bash",
    seconds=65.3,
    waiting=2,
)


def said(facts: Facts, width: int) -> tuple[str, str]:
    left, right = line(facts, width)
    return " · ".join(part.text for part in left), "  ".join(part.text for part in right)


def test_everything_is_told_where_there_is_room() -> None:
    left, right = said(ALL, 120)
    assert left == "qwen3-coder · nex · ↑12k ↓678 · ctx ━━━━━─── 64% · ● rec"
    assert right == "+2 queued  ⠙ running bash 1m05s"


def test_what_matters_least_goes_first() -> None:
    assert said(ALL, 72)[0] == "qwen3-coder · ctx ━━━━━─── 64%"
    assert said(ALL, 52)[0] == "qwen3-coder"


def test_a_full_window_warns() -> None:
    looks = [line(Facts(used=used, window=100), 80)[0][0].look for used in (10, 70, 90, 1000)]
    assert looks == ["quiet", "warn", "bad", "bad"]


def test_a_daemon_that_is_away_is_told_whatever_runs() -> None:
    assert said(Facts(away=True, doing="answering"), 80)[1] == "○ no daemon"


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (1200, "1.2k"), (34_000, "34k"), (2_500_000, "2.5M")]
)
def test_counts_are_short(number: int, text: str) -> None:
    assert count(number) == text


def test_times_are_short() -> None:
    assert [clock(seconds) for seconds in (-1, 7.9, 125)] == ["0s", "7s", "2m05s"]


@given(st.text(), st.text(), st.integers(), st.integers() | st.none(), st.integers(0, 200))
def test_any_facts_make_one_line_that_fits(
    model: str, executor: str, used: int, window: int | None, width: int
) -> None:
    """The left never pushes the right out of the line."""
    left, right = said(Facts(model=model, executor=executor, used=used, window=window), width)
    assert "\n" not in left + right
    assert not left or cell_len(left + right) < width


def test_each_kind_says_what_the_turn_does() -> None:
    run = ToolRun(call_id="", name="bash", arguments="", output="")
    words = {
        "thinking": told.ToolRan(run=run),
        "reasoning": told.ReasoningDelta(text="x"),
        "answering": told.TextDelta(text="x"),
        "calling bash": told.ToolBuilding(index=0, name="bash", characters=1),
        "running bash": told.ToolStarted(name="bash", arguments=""),
        "waiting": told.Waiting(seconds=1, reason=""),
        "retrying": told.Retrying(attempt=1, delay=1, reason=""),
        "": told.TurnEnded(turn=turn()),
        None: told.Repaired(what="x"),
    }
    assert {doing(progress): progress for progress in words.values()} == words
