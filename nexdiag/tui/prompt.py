"""Where the user types: several lines, its own history, and nothing that is typed is ever lost.

Law: Enter says it, and a paste is never taken for Enter. What this widget does not know it leaves to the application.
"""

from textual import events
from textual.message import Message
from textual.widgets import TextArea

from nexdiag.tui.recall import Recall

_NEWLINES = ("shift+enter", "ctrl+j", "alt+enter")


class Prompt(TextArea):
    """The input."""

    class Said(Message):
        """Enter was pressed; the text stays until it is taken."""

        def __init__(self, text: str) -> None:
            """`text` is as it was typed."""
            super().__init__()
            self.text = text

    class Paged(Message):
        """A page up (-1) or down (1) in the conversation."""

        def __init__(self, direction: int) -> None:
            """-1 or 1."""
            super().__init__()
            self.direction = direction

    def __init__(self, recall: Recall) -> None:
        """`recall` is shared with whoever keeps it."""
        super().__init__(
            id="prompt",
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
            compact=True,
            placeholder="Say something · Enter sends · Ctrl+J new line · F1 help",
        )
        self.recall = recall

    async def _on_key(self, event: events.Key) -> None:
        """Enter, the keys for a new line, and Up and Down at the edges; the rest is the text area's."""
        if event.key == "enter":
            self.post_message(self.Said(self.text))
        elif event.key in _NEWLINES:
            self.insert("\n")
        elif event.key == "up" and self.cursor_location[0] == 0:
            self._show(self.recall.older(self.text))
        elif event.key == "down" and self.cursor_location[0] == self.document.line_count - 1:
            self._show(self.recall.newer())
        else:
            return
        event.stop()
        event.prevent_default()

    def _show(self, text: str | None) -> None:
        if text is not None:
            self.put(text)

    def put(self, text: str) -> None:
        """This text instead of what is there, the cursor behind it."""
        self.load_text(text)
        self.move_cursor(self.document.end)

    def action_cursor_page_up(self) -> None:
        """Pages are the conversation's."""
        self.post_message(self.Paged(-1))

    def action_cursor_page_down(self) -> None:
        """Pages are the conversation's."""
        self.post_message(self.Paged(1))
