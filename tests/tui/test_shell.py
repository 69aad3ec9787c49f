"""The frame: places, colours, and what is left alone."""

from pathlib import Path

import pytest
from textual import events
from textual.css.stylesheet import Stylesheet
from textual.widgets import Markdown
from tui_daemon import ScriptedDaemon, app_on, opened, screen_text, until

from nexdiag.core.message import Message

pytestmark = pytest.mark.anyio


async def test_a_terminal_that_gets_or_loses_the_focus_changes_nothing(tmp_path: Path) -> None:
    """No style is looked up again: in a long conversation that takes seconds."""
    daemon = ScriptedDaemon([Message(role="assistant", content="a\n\nb")])
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        await pilot.pause()
        styled: list[object] = []
        original = Stylesheet.apply
        Stylesheet.apply = lambda self, node, **how: styled.append(node) or original(self, node, **how)  # type: ignore[method-assign,func-returns-value]
        try:
            for _ in range(3):
                app.post_message(events.AppBlur())
                app.post_message(events.AppFocus())
                await pilot.pause()
        finally:
            Stylesheet.apply = original  # type: ignore[method-assign]
        assert styled == []
        assert app.focused is app.prompt


async def test_a_link_is_copied_and_never_opened(tmp_path: Path) -> None:
    daemon = ScriptedDaemon([Message(role="assistant", content="[here](file:///etc/passwd)")])
    app = app_on(daemon, tmp_path)
    visited: list[str] = []
    app.open_url = lambda url, new_tab=True: visited.append(url)  # type: ignore[method-assign]
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, daemon)
        await pilot.pause()
        markdown = app.query(Markdown).first()
        markdown.post_message(Markdown.LinkClicked(markdown, "file:///etc/passwd"))
        await until(pilot, lambda: app.clipboard == "file:///etc/passwd")
        app.say("[/] \x1b[31mnot markup", wrong=True)
        await until(pilot, lambda: "[/] ⟨ESC⟩[31mnot markup" in screen_text(app))
    assert visited == []


async def test_the_list_shows_where_there_is_room_or_when_it_is_asked_for(tmp_path: Path) -> None:
    daemon = ScriptedDaemon()
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        assert not app.listing.display
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert app.listing.display
        await pilot.press("f2")
        assert not app.listing.display
        await pilot.resize_terminal(20, 8)
        await pilot.press("f2", "x", "enter")
        await pilot.pause()
        assert app.listing.display


async def test_light_and_dark(tmp_path: Path) -> None:
    daemon = ScriptedDaemon()
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        app.action_shade()
        assert app.theme == "nexdiag-light"
        app.action_shade()
        assert app.theme == "nexdiag"


async def test_without_colours_everything_is_still_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    daemon = ScriptedDaemon([Message(role="assistant", content="**a** answer")])
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        assert app.no_color
        await until(pilot, lambda: "a answer" in screen_text(app))
