"""The UI on a real daemon, with the stub endpoint behind it."""

from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot
from tui_daemon import ScriptedDaemon, app_on, screen_text, until

from nexdiag.agent import progress as told
from nexdiag.agent.daemon import lifecycle
from nexdiag.cli.app import run
from nexdiag.core.errors import NexdiagError
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.tui import launch
from nexdiag.tui.launch import application
from nexdiag.tui.memory import load

pytestmark = pytest.mark.anyio


def test_a_fault_of_ours_keeps_what_was_typed_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends the UI, the draft is there in the next life, and the exit code tells."""
    daemon = ScriptedDaemon()
    app = app_on(daemon, tmp_path)

    async def broken(pilot: Pilot[object]) -> None:
        await until(pilot, lambda: app.talk.here)
        app.prompt.put("half a sentence")
        app.talk.told = lambda progress: 1 / 0  # type: ignore[method-assign,assignment,return-value]
        daemon.tell(told.TextTakenBack())
        await until(pilot, lambda: app.return_code)

    monkeypatch.setattr(launch, "application", lambda state, chat: app)
    monkeypatch.setattr(app, "run", partial(app.run, headless=True, auto_pilot=broken))
    with pytest.raises(NexdiagError, match="internal error; what you typed is kept"):
        launch.run(tmp_path)
    assert load(tmp_path).drafts == {0: "half a sentence"}


async def test_a_real_daemon_is_started_asked_lost_and_started_again(tmp_path: Path) -> None:
    """Two turns, a slash command, a second chat, a daemon that is stopped under us: everything is there again."""
    state = tmp_path / "s"
    script = ("One **bold**.", "Two.\n\n- item\n")
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=script)) as url:
        assert run(["init", "-m", "m", "-e", url, "--dir", str(state)]) == 0
        app = application(state)
        try:
            async with app.run_test(size=(80, 24)) as pilot:
                await until(pilot, lambda: app.talk.here)
                await pilot.press(*"first", "enter", *"second", "enter")
                await until(pilot, lambda: "One bold." in screen_text(app) and "• item" in screen_text(app))
                await until(pilot, lambda: app.desk.row.turns == 2 and not app.talk.running)
                assert app.desk.row.model
                app.prompt.put("/status")
                await pilot.press("enter")
                await until(pilot, lambda: not app.talk.transcript.waiting() and "queued" not in screen_text(app))
                await pilot.press("ctrl+n")
                await until(pilot, lambda: app.desk.chat == 1 and app.talk.here)
                await pilot.press("f6")
                await until(pilot, lambda: app.desk.chat == 0 and "• item" in screen_text(app))
                await pilot.press(*"kept")
                lifecycle.stop(state)
                await until(pilot, lambda: app.banner.display)
                await pilot.press("ctrl+r")
                await until(pilot, lambda: not app.banner.display and app.talk.here and "• item" in screen_text(app))
                assert app.prompt.text == "kept"
                assert screen_text(app).count("• item") == 1
                await pilot.press("ctrl+q")
        finally:
            lifecycle.stop(state)
