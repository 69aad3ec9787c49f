"""The input."""

from pathlib import Path

import pytest
from textual import events
from tui_daemon import ScriptedDaemon, app_on, opened, until

pytestmark = pytest.mark.anyio


async def test_lines_pastes_and_history(tmp_path: Path) -> None:
    """A paste is never sent by itself, whatever its line ends; Up and Down go through what was said, draft included."""
    daemon = ScriptedDaemon()
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        await pilot.press("enter", "space", "enter")
        assert daemon.of("user_chat") == []
        app.prompt.put("")
        app.post_message(events.Paste("one\r\ntwo\rthree\n"))
        await pilot.pause()
        await pilot.press("shift+enter", *"end")
        assert app.prompt.text == "one\ntwo\nthree\n\nend"
        assert app.prompt.size.height == 5
        await pilot.press("enter")
        await until(pilot, lambda: daemon.of("user_chat"))
        assert app.prompt.text == ""
        await pilot.press(*"next", "enter", *"draft", "up", "up")
        assert app.prompt.text == "one\ntwo\nthree\n\nend"
        await pilot.press("up")
        assert app.prompt.text.startswith("one")  # the cursor moved within it, or there is nothing older
        await pilot.press("ctrl+end", "down", "down", "down", "down", "down", "down")
        assert app.prompt.text == "draft"


async def test_a_message_that_is_too_long_stays_in_the_input(tmp_path: Path) -> None:
    daemon = ScriptedDaemon()
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        app.prompt.put("x" * 110_000)
        await pilot.press("enter")
        await until(pilot, lambda: len(app.prompt.text) == 110_000 and not app.talk.transcript.waiting())
        assert daemon.of("user_chat") == []
