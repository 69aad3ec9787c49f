"""The frame of the application: its widgets, colours and lines, without anything that is done in it.

Law: nothing that is shown here is read as markup.
"""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, cast

from textual import events
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Markdown

from nexdiag.core.errors import NexdiagError
from nexdiag.report.visible import one_line
from nexdiag.tui import look
from nexdiag.tui.bars import Banner, SearchBar, StatusLine
from nexdiag.tui.chats import ChatList
from nexdiag.tui.guide import Guide
from nexdiag.tui.prompt import Prompt
from nexdiag.tui.recall import Recall
from nexdiag.tui.view import Conversation, Sleep

_WIDE = 100
"""Columns from which on the list of chats is shown without being asked for."""
_MOST_COPIED = 100_000
"""Bytes: terminals drop a longer clipboard."""
_SHOWN = 300


class Shell(App[NexdiagError]):
    """The list, the conversation, the input, the status."""

    CSS = look.CSS
    TITLE = "nexdiag"
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = True

    def __init__(self, recall: Recall, *, sleep: Sleep) -> None:
        """`recall` is what was said before."""
        super().__init__()
        self.prompt = Prompt(recall)
        self.view = Conversation(sleep=sleep)
        self.listing = ChatList()
        self.status = StatusLine()
        self.banner = Banner()
        self.search = SearchBar()
        self._listed: bool | None = None
        """Whether the list of chats is shown; None for what the width says."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own names for colours."""
        return look.SHADES

    def compose(self) -> ComposeResult:
        """The widgets, from left to right and from top to bottom."""
        with Horizontal(id="body"):
            yield self.listing
            with Vertical(id="main"):
                yield self.banner
                yield self.view
                yield self.search
                yield self.prompt
        yield self.status

    def on_mount(self) -> None:
        """Colours and places."""
        self.register_theme(look.DARK)
        self.register_theme(look.LIGHT)
        self.theme = look.DARK.name
        self._lay_out(self.size.width)
        self.prompt.focus()

    def begin(self, work: Callable[[], Awaitable[object]], name: str, *, alone: bool = False) -> None:
        """Do something meanwhile; `alone` ends what was begun before under this name."""
        self.run_worker(cast("Any", work), name=name, group=name, exclusive=alone)

    def say(self, text: str, *, wrong: bool = False) -> None:
        """A line that goes away by itself."""
        self.notify(one_line(text, _SHOWN), severity="error" if wrong else "information", markup=False, timeout=4)

    # ---- places

    def action_list(self) -> None:
        """Show the list of chats, or hide it."""
        self._listed = not self.listing.display
        self._lay_out(self.size.width)
        (self.listing if self._listed else self.prompt).focus()

    def on_resize(self, event: events.Resize) -> None:
        """A wide terminal shows the list."""
        self._lay_out(event.size.width)

    def _lay_out(self, width: int) -> None:
        self.listing.display = width >= _WIDE if self._listed is None else self._listed

    def action_shade(self) -> None:
        """Light for dark, and dark for light."""
        self.theme = look.LIGHT.name if self.theme == look.DARK.name else look.DARK.name

    def action_guide(self) -> None:
        """Show the keys and commands."""
        if not isinstance(self.screen, Guide):
            self.push_screen(Guide())

    def on_conversation_moved(self) -> None:
        """Tell where there is more below."""
        told = "" if self.view.at_end else "↓ newer below · Ctrl+End"
        if self.prompt.border_subtitle != told:
            self.prompt.border_subtitle = told

    # ---- what is left alone

    def on_app_focus(self, event: events.AppFocus) -> None:
        """The terminal has the focus again: nothing looks otherwise, so nothing is styled again."""
        event.prevent_default()

    def on_app_blur(self, event: events.AppBlur) -> None:
        """The same for a focus that is lost."""
        event.prevent_default()

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        """A link is shown and copied, never opened: a model wrote it."""
        event.stop()
        self.copy_text(event.href, f"the link {one_line(event.href, 80)}")

    def copy_text(self, text: str, what: str) -> None:
        """To the clipboard, through the terminal (OSC 52)."""
        if len(text.encode("utf-8", "replace")) > _MOST_COPIED:
            self.say(f"{what} is longer than a terminal's clipboard takes ({_MOST_COPIED:,} bytes)", wrong=True)
            return
        self.copy_to_clipboard(text.encode("utf-8", "replace").decode())
        self.say(f"copied {what}")
