"""The help screen: every key and command, from the one table that the documentation repeats."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from nexdiag.tui.slash import COMMANDS

KEYS = (
    ("Say", (
        ("Enter", "send; it waits while a turn runs"),
        ("Ctrl+J, Shift+Enter", "a new line"),
        ("Up, Down", "what was said before"),
        ("Esc", "cancel the turn"),
    )),
    ("Read", (
        ("PageUp, PageDown", "scroll; at the top, older messages load"),
        ("Ctrl+End", "to the newest"),
        ("Tab, Shift+Tab", "from block to block; Enter opens or folds"),
        ("Ctrl+F", "find in this chat; Enter for the next older"),
        ("Ctrl+Y, y", "copy the last answer, or the block"),
    )),
    ("Chats", (
        ("Ctrl+N", "a new chat"),
        ("Alt+1 … Alt+9", "that chat; Ctrl+1 … where it arrives"),
        ("F6, F7", "the chat before, the next one"),
        ("F2", "show or hide the list"),
    )),
    ("More", (
        ("Ctrl+P", "all commands"),
        ("Ctrl+R", "start the daemon, if it is gone"),
        ("F1, ?", "this page"),
        ("Ctrl+Q", "leave; the daemon and its turns go on"),
    )),
)  # fmt: skip
"""Groups of keys, and what they do."""
_KEY = 21


class Guide(ModalScreen[None]):
    """All keys and commands; any of Esc, F1, q closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q,question_mark,enter", "dismiss", "close", show=False)]

    def compose(self) -> ComposeResult:
        """The table."""
        with VerticalScroll(id="guide") as box:
            box.border_title = "nexdiag tui"
            box.border_subtitle = "Esc closes"
            yield Static(_page(), markup=False)


def _page() -> Content:
    lines: list[Content] = []
    commands = tuple((f"/{name}", about) for name, about in COMMANDS.items())
    for title, rows in (*KEYS, ("Commands, typed as a message", commands)):
        lines.append(Content.styled(("\n" if lines else "") + title, "bold $accent"))
        for key, about in rows:
            lines.append(Content.styled(f"  {key:<{_KEY}}", "bold") + Content(about))
    return Content("\n").join(lines)
