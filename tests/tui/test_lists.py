"""Lists and tables in one widget each."""

import pytest
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from tui_daemon import screen_text

from nexdiag.tui.lists import Drawn
from nexdiag.tui.markdown import Piece

pytestmark = pytest.mark.anyio


class Lists(App[None]):
    """One piece."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.piece = Piece(text)

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield self.piece


TEXT = """\
- one **bold** and a long line that has to be wrapped somewhere
  1. deep
  2. `code`

     ```
     fenced
     ```
- two
  > quoted

9. nine
10. ten

| left | right |
|------|-------|
| [/b] | a `b` |
"""


async def test_a_list_and_a_table_are_one_widget_each_with_everything_in_them() -> None:
    app = Lists(TEXT)
    async with app.run_test(size=(44, 24)) as pilot:
        await pilot.pause()
        assert len(app.query(Drawn)) == 3
        shown = [line.strip() for line in screen_text(app).splitlines() if line.strip()]
        assert shown == [
            "• one bold and a long line that has to",
            "be wrapped somewhere",
            "1. deep",
            "2. code",
            "fenced",
            "• two",
            "quoted",
            "9. nine",
            "10. ten",
            "left   right",
            "[/b]   a b",
        ]


async def test_a_growing_list_stays_one_widget_and_marks_survive() -> None:
    """An item more is drawn into the same widget: nothing is mounted."""
    app = Lists("- one\n")
    async with app.run_test(size=(44, 24)) as pilot:
        await pilot.pause()
        drawn = app.query_one(Drawn)
        drawn.mark("one")
        await app.piece.append("- two\n- thr")
        await app.piece.append("ee one\n")
        await pilot.pause()
        assert app.query_one(Drawn) is drawn
        assert "• three one" in screen_text(app)
        assert (
            sum(
                segment.style is not None and bool(segment.style.reverse)
                for strip in app.screen._compositor.render_strips()
                for segment in strip
            )
            == 2
        )
