"""Searching, scrolling and copying."""

from pathlib import Path

import pytest
from textual.widgets import Input
from tui_daemon import ScriptedDaemon, app_on, opened, screen_text, until

from nexdiag.core.message import Message
from nexdiag.tui.answer import AnswerBlock

pytestmark = pytest.mark.anyio


def talk() -> list[Message]:
    said = [Message(role="user" if at % 2 == 0 else "assistant", content=f"number {at}") for at in range(60)]
    said[3] = Message(role="assistant", content="the needle, far back")
    said[55] = Message(role="assistant", content="**the needle** again\n\n- a Needle in a list")
    return said


async def test_search_goes_from_place_to_place_and_loads_what_it_needs(tmp_path: Path) -> None:
    """Ctrl+F marks the newest place; Enter goes back, into history that was not loaded; Esc marks nothing any more."""
    daemon = ScriptedDaemon(talk())
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        await pilot.press("ctrl+f", *"needle")
        await until(pilot, lambda: "1 of 1+" in screen_text(app))
        assert _marked(app) == ["needle", "Needle"]
        await pilot.press("enter")
        await until(pilot, lambda: "1 of 2" in screen_text(app))
        await until(pilot, lambda: "the needle, far back" in screen_text(app))
        assert app.view.first == 0
        assert _marked(app) == ["needle"]
        await pilot.press("enter")
        await until(pilot, lambda: "the oldest" in screen_text(app))
        await pilot.press("down")
        await until(pilot, lambda: "2 of 2" in screen_text(app))
        app.query_one(Input).value = "absent"
        await until(pilot, lambda: "not found" in screen_text(app))
        assert _marked(app) == []
        await pilot.press("escape")
        await pilot.pause()
        assert app.focused is app.prompt
        assert not app.search.display


def _marked(app: object) -> list[str]:
    strips = app.screen._compositor.render_strips()  # type: ignore[attr-defined]
    pieces = [part.text for strip in strips for part in strip if part.style is not None and part.style.reverse]
    return [piece for piece in pieces if len(piece) > 1 and piece.isalpha()]


async def test_copies_go_to_the_terminals_clipboard_as_they_came(tmp_path: Path) -> None:
    """OSC 52 carries the very text of the model, Markdown and all; a block's own with y."""
    daemon = ScriptedDaemon([Message(role="user", content="q"), Message(role="assistant", content="**a** \x1b")])
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        written: list[str] = []
        assert app._driver is not None
        app._driver.write = written.append  # type: ignore[method-assign]
        await pilot.press("ctrl+y")
        assert app.clipboard == "**a** \x1b"
        assert "\x1b]52;c;KiphKiogGw==\a" in written
        app.query_one(AnswerBlock).focus()
        await pilot.press("y")
        assert app.clipboard == "**a** \x1b"
        app.copy_text("x" * 200_000, "it")
        assert app.clipboard == "**a** \x1b"  # a terminal would drop it without a word


async def test_history_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    daemon = ScriptedDaemon(talk())
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        daemon.refuses["chat_history"] = "the disk is on fire"
        assert not await app.load_earlier()
        del daemon.refuses["chat_history"]
        assert await app.load_earlier()
