"""The lines around the conversation."""

import pytest
from textual.app import App, ComposeResult
from tui_daemon import screen_text

from nexdiag.tui.bars import Banner, StatusLine
from nexdiag.tui.status import Facts

pytestmark = pytest.mark.anyio


class Bars(App[None]):
    """A banner and a status line."""

    def __init__(self) -> None:
        super().__init__()
        self.status, self.banner = StatusLine(), Banner()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"dim": "#888888", "faint": "#555555"}

    def compose(self) -> ComposeResult:
        yield self.banner
        yield self.status


async def test_the_status_is_one_line_and_is_drawn_only_when_it_changed() -> None:
    app = Bars()
    async with app.run_test(size=(40, 6)) as pilot:
        app.status.show(Facts(model="[/]m", doing="answering", seconds=3))
        await pilot.pause()
        assert screen_text(app).splitlines()[0] == "[/]m" + " " * 22 + "⠹ answering 3s"
        drawn: list[object] = []
        original = app.status.refresh
        app.status.refresh = lambda *a, **k: drawn.append(1) or original(*a, **k)  # type: ignore[method-assign,func-returns-value]
        app.status.show(Facts(model="[/]m", doing="answering", seconds=3))
        assert drawn == []
        app.status.show(Facts(model="m"))
        assert drawn == [1]


async def test_a_banner_is_there_while_there_is_something_to_say() -> None:
    app = Bars()
    async with app.run_test(size=(40, 6)) as pilot:
        assert not app.banner.display
        app.banner.show("[b]gone[/]")
        await pilot.pause()
        assert "[b]gone[/]" in screen_text(app)
        app.banner.show("")
        assert not app.banner.display
