"""What a progress means for the screen."""

from pathlib import Path

import pytest
from tui_daemon import Clock, ScriptedDaemon, app_on, opened, turn

from nexdiag.agent import progress as told
from nexdiag.core.message import Message, Usage
from nexdiag.tui.entries import Said
from nexdiag.tui.words import Page

pytestmark = pytest.mark.anyio


async def test_the_status_follows_the_turn(tmp_path: Path) -> None:
    daemon, clock = ScriptedDaemon(), Clock()
    app = app_on(daemon, tmp_path, clock=clock)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        talk = app.talk
        talk.told(told.TurnStarted(turn=turn()))
        clock.now += 5
        assert (talk.running, talk.doing, talk.seconds) == (True, "thinking", 5)
        for _ in range(2):
            talk.told(told.UsageTold(usage=Usage(input_tokens=10, output_tokens=1), used=11, window=100))
        assert (talk.usage.input_tokens, talk.used, talk.window) == (20, 11, 100)
        talk.told(told.TurnEnded(turn=turn(outcome="answered", reply="x")))
        assert (talk.running, talk.doing, talk.seconds) == (False, "", 0.0)
        talk.lost()
        assert talk.away


async def test_what_waits_is_kept_over_a_break_unless_history_has_it(tmp_path: Path) -> None:
    """A question that was answered meanwhile does not wait any more; the others do (reference fault 49)."""
    daemon = ScriptedDaemon()
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        for text in ("done", "open"):
            app.talk.transcript.ask(text, f"r-{text}")
        page = Page(messages=(Message(role="user", content="done"), Message(role="assistant", content="yes")), total=2)
        await app.talk.joined(page, running=False)
        await pilot.pause()
        said = [
            (entry.text, entry.waiting) for entry in app.talk.transcript.entries.values() if isinstance(entry, Said)
        ]
        assert said == [("done", False), ("open", True)]
        app.talk.withdraw("r-open")
        assert app.talk.transcript.waiting() == []
