"""The look: what the main states look like, and what no style may do."""

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from tui_daemon import Clock, ScriptedDaemon, app_on, opened, screen_text, turn, until

from nexdiag.agent import progress as told
from nexdiag.core.message import Message, ToolCall, Usage
from nexdiag.core.turn import ToolRun
from nexdiag.tui import look
from nexdiag.tui.blocks import ToolBlock

pytestmark = pytest.mark.anyio
ANSWER = """It is **Sunday**. Two things stand out in `README.md`:

1. The quick start names a flag that is gone (`--fast`).
2. The table lacks *vLLM*.

```python
print("hello")
```

| profile | refuses |
|---|---|
| llama.cpp | two user messages in a row |
"""
CALLS = (
    ToolCall(id="a", name="read_file", arguments='{"path": "README.md"}'),
    ToolCall(id="b", name="bash", arguments='{"command": "ls docs"}'),
)
TALK = (
    Message(role="user", content="What day is it, and is the README right?"),
    Message(role="assistant", content=None, reasoning="The user wants two things.", tool_calls=CALLS),
    Message(role="tool", tool_call_id="a", content="# nexdiag\n\nA flight recorder."),
    Message(role="tool", tool_call_id="b", content="ls: docs: no such file", is_error=True),
    Message(role="assistant", content=ANSWER),
)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_main_states(tmp_path: Path, snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    """Idle, at work, failed and away, as plain text of the screen."""
    daemon, clock = ScriptedDaemon(TALK, []), Clock()
    daemon.rows = {0: {"name": "readme", "turns": 1}, 1: {"name": "plans", "turns": 2, "running": True}}
    daemon.recording = "smoke.cassette.jsonl"
    app = app_on(daemon, tmp_path, clock=clock)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, daemon)
        await until(pilot, lambda: "two user messages" in screen_text(app))
        assert screen_text(app) == snapshot(name="idle")
        app.prompt.put("yes, mend both")
        await pilot.press("enter")
        usage = told.UsageTold(usage=Usage(input_tokens=3400, output_tokens=120), used=21_000, window=32_768)
        run = ToolRun(call_id="c", name="edit_file", arguments='{"path": "README.md"}', output="edited", duration=0.2)
        daemon.tell(told.TurnStarted(turn=turn(2, "yes, mend both")), told.ReasoningDelta(text="hm " * 9), usage)
        daemon.tell(told.ToolStarted(name="edit_file", arguments=run.arguments, call_id="c"), told.ToolRan(run=run))
        daemon.tell(told.Retrying(attempt=1, delay=0.5, reason="503: loading the model"))
        daemon.tell(told.TextDelta(text="The flag is `--speed max` now."))
        app.prompt.put("then the table\nplease")
        await pilot.press("enter")
        await until(pilot, lambda: "--speed max" in screen_text(app) and "+1 queued" in screen_text(app))
        clock.now += 12
        app.show_status()
        await pilot.pause()
        assert screen_text(app) == snapshot(name="at work")
        tool = app.query(ToolBlock).last()
        tool.action_fold()
        daemon.tell(told.TurnEnded(turn=turn(2, outcome="failed", error="400: roles must alternate")))
        await until(pilot, lambda: "roles must alternate" in screen_text(app))
        assert screen_text(app) == snapshot(name="failed")
        daemon.break_off()
        await until(pilot, lambda: "again in 10 s" in screen_text(app))
        assert screen_text(app) == snapshot(name="away")


async def test_the_help_screen(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    daemon = ScriptedDaemon()
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 48)) as pilot:
        await opened(pilot, daemon)
        await pilot.press("f1")
        await pilot.pause()
        assert screen_text(app) == snapshot


def test_no_rule_is_for_everything_or_for_a_focus_inside() -> None:
    """Such rules make every widget be styled again at each key and each focus."""
    assert not re.search(r"(?<![\w%])\*", look.CSS)
    assert "focus-within" not in look.CSS


def test_both_themes_know_all_our_shades() -> None:
    assert set(look.SHADES) <= set(look.DARK.variables) & set(look.LIGHT.variables)
