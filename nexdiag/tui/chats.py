"""The list of chats: which is shown, which are at work, which have said something new."""

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from nexdiag.report.visible import one_line
from nexdiag.tui.words import ChatRow

WIDTH = 26
_TITLE = 17
_NUMBERED = 9


def row_text(at: int, row: ChatRow, *, shown: bool, unread: bool) -> Content:
    """`1 ● plans        ◐`: its key, a mark for something new, its name, whether it is at work."""
    key = str(at + 1) if at < _NUMBERED else " "
    title = one_line(row.title, _TITLE)
    look = "bold $accent" if shown else "bold" if unread else ""
    work = "◐" if row.running else f"+{row.waiting}" if row.waiting else ""
    return Content("").join(
        [
            Content.styled(f"{key} ", "$faint"),
            Content.styled("● " if unread else "  ", "$accent"),
            Content.styled(f"{title:<{_TITLE}}", look) if look else Content(f"{title:<{_TITLE}}"),
            Content.styled(f" {work:>2}", "$accent"),
        ]
    )


class ChatList(OptionList):
    """The chats, by number."""

    class Chosen(Message):
        """The user wants to see this chat."""

        def __init__(self, chat_id: int) -> None:
            """`chat_id` as the daemon counts."""
            super().__init__()
            self.chat_id = chat_id

    def __init__(self) -> None:
        """Empty."""
        super().__init__(id="chats", markup=False, compact=True)
        self.border_title = "chats"
        self._drawn: list[Content] = []
        self._rows: Sequence[ChatRow] = ()

    def show(self, rows: Sequence[ChatRow], chat_id: int, unread: Callable[[ChatRow], bool]) -> None:
        """Draw the chats, if something is other than before."""
        texts = [
            row_text(at, row, shown=row.chat_id == chat_id, unread=row.chat_id != chat_id and unread(row))
            for at, row in enumerate(rows)
        ]
        same = [row.chat_id for row in rows] == [row.chat_id for row in self._rows]
        if same and [text.markup for text in texts] == [text.markup for text in self._drawn]:
            return
        self._rows, self._drawn = rows, texts
        highlighted = self.highlighted
        self.clear_options()
        self.add_options([Option(text, id=str(row.chat_id)) for text, row in zip(texts, rows, strict=True)])
        if highlighted is not None and highlighted < len(rows):
            self.highlighted = highlighted

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click on a chat."""
        event.stop()
        if event.option_id is not None:
            self.post_message(self.Chosen(int(event.option_id)))
