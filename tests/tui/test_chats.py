"""The list of chats."""

import pytest
from textual.app import App, ComposeResult
from tui_daemon import screen_text

from nexdiag.tui.chats import ChatList, row_text
from nexdiag.tui.words import ChatRow

pytestmark = pytest.mark.anyio


def test_a_row_tells_its_key_news_name_and_work() -> None:
    row = ChatRow(chat_id=3, name="a very long name for a chat", running=True)
    assert row_text(0, row, shown=False, unread=True).plain == "1 ● a very long name…  ◐"
    assert row_text(9, ChatRow(chat_id=12, waiting=2), shown=True, unread=False).plain == "    chat 12           +2"


class Chats(App[None]):
    """A list."""

    def __init__(self) -> None:
        super().__init__()
        self.chats = ChatList()
        self.chosen: list[int] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"dim": "#888888", "faint": "#555555"}

    def compose(self) -> ComposeResult:
        yield self.chats

    def on_chat_list_chosen(self, event: ChatList.Chosen) -> None:
        self.chosen.append(event.chat_id)


async def test_a_chat_is_chosen_by_key_and_the_list_changes_only_with_the_chats() -> None:
    rows = [ChatRow(chat_id=at, name=f"[b]{at}") for at in (4, 7)]
    app = Chats()
    async with app.run_test(size=(30, 8)) as pilot:
        app.chats.show(rows, 4, lambda row: False)
        app.chats.focus()
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        assert app.chosen == [7]
        assert "[b]7" in screen_text(app)
        option = app.chats.get_option_at_index(0)
        app.chats.show(list(rows), 4, lambda row: False)
        assert app.chats.get_option_at_index(0) is option
        app.chats.show(rows, 4, lambda row: row.chat_id == 7)
        await pilot.pause()
        assert "2 ● [b]7" in screen_text(app)
        assert app.chats.highlighted == 1
