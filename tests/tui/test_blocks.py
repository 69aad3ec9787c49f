"""Blocks of one text, folded and open."""

from pathlib import Path

import pytest
from tui_daemon import ScriptedDaemon, app_on, opened, screen_text, turn, until

from nexdiag.agent import progress as told
from nexdiag.core.turn import ToolRun
from nexdiag.tui.blocks import ThoughtBlock, ToolBlock, block_of
from nexdiag.tui.entries import Answer, Failure, Note, Said, Thought, Tool

pytestmark = pytest.mark.anyio


async def test_a_tool_folds_and_opens_by_key_and_by_click(tmp_path: Path) -> None:
    daemon = ScriptedDaemon([])
    app = app_on(daemon, tmp_path)
    run = ToolRun(
        call_id="a", name="bash", arguments='{"command": "ls"}', output="[red]file\x1b[0m\n" * 200, duration=0.3
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        daemon.tell(told.TurnStarted(turn=turn()), told.ReasoningDelta(text="Let me look."))
        daemon.tell(told.ToolStarted(name="bash", arguments=run.arguments, call_id="a"))
        await until(pilot, lambda: "◐ bash  ls" in screen_text(app))
        app.view.spin(1)
        await pilot.pause()
        assert "◓ bash  ls" in screen_text(app)
        daemon.tell(told.ToolRan(run=run))
        await until(pilot, lambda: "✓ bash  ls  0.3s" in screen_text(app))
        assert "[red]file" not in screen_text(app)
        await pilot.press("shift+tab", "enter")
        tool = app.query_one(ToolBlock)
        await until(pilot, lambda: tool.opened)
        app.view.scroll_to_widget(tool, top=True, animate=False)
        await pilot.pause()
        assert "command: ls" in screen_text(app)
        assert "[red]file⟨ESC⟩[0m" in screen_text(app)
        await pilot.press("y")
        assert app.clipboard == run.output
        await pilot.press("enter")
        await until(pilot, lambda: "[red]file" not in screen_text(app))
        await pilot.click(ThoughtBlock)
        await until(pilot, lambda: "Let me look." in screen_text(app))


def test_every_kind_of_entry_has_a_block() -> None:
    kinds = (
        Said(key=1, text=""),
        Note(key=2, text=""),
        Failure(key=3, text=""),
        Tool(key=4, name=""),
        Thought(key=5),
        Answer(key=6),
    )
    assert [type(block_of(entry)).__name__ for entry in kinds] == [
        "SaidBlock",
        "NoteBlock",
        "FailureBlock",
        "ToolBlock",
        "ThoughtBlock",
        "AnswerBlock",
    ]
