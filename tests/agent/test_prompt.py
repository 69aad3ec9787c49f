"""Promises of nexdiag.agent.prompt: a prompt that stays the same for a day, on every machine."""

import datetime as dt
import os
from pathlib import Path

import pytest

from nexdiag.agent.prompt import system_prompt

DAY = dt.date(2026, 5, 20)


def test_the_prompt_says_the_day_and_nothing_finer() -> None:
    """Equal on one day, so that the server's prompt cache and a recording hold; another on the next.

    (reference fault 43)
    """
    assert "2026-05-20 (Wednesday)" in system_prompt(today=DAY)
    assert system_prompt(today=DAY) == system_prompt(today=DAY)
    assert system_prompt(today=DAY) != system_prompt(today=DAY + dt.timedelta(days=1))


def test_the_prompt_knows_no_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds no path, no user, and nothing of the environment."""
    here = system_prompt(today=DAY, tools=["bash"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("USER", "somebody")
    assert system_prompt(today=DAY, tools=["bash"]) == here
    assert os.sep not in here


def test_tools_are_named_in_one_order() -> None:
    """Whatever order they come in; and a conversation without tools hears of none."""
    both = system_prompt(today=DAY, tools=["grep", "bash"])
    assert both == system_prompt(today=DAY, tools={"bash", "grep"})
    assert "bash, grep" in both
    assert "tools" not in system_prompt(today=DAY)
