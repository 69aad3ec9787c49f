"""The lines around the conversation: the status below, the banner above, the search between."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from nexdiag.tui.status import Facts, Part, line

_LOOKS = {
    "plain": "$foreground",
    "quiet": "$dim",
    "accent": "$accent",
    "good": "$success",
    "warn": "$warning",
    "bad": "$error",
}
_GAP = "  "


class StatusLine(Static):
    """One line; drawing it moves nothing else."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__(id="status", markup=False)
        self._facts = Facts()

    def show(self, facts: Facts) -> None:
        """Tell this from now on."""
        if facts != self._facts:
            self._facts = facts
            self.refresh()

    def render(self) -> Content:
        """As wide as it may be."""
        width = self.size.width
        left, right = line(self._facts, width)
        begin, end = _joined(left, " · "), _joined(right, _GAP)
        gap = max(1, width - begin.cell_length - end.cell_length)
        return Content("").join([begin, Content(" " * gap), end])


def _joined(parts: list[Part], between: str) -> Content:
    texts = [Content.styled(part.text, _LOOKS[part.look]) for part in parts]
    return Content.styled(between, "$faint").join(texts)


class Banner(Static):
    """Something that the user has to know until it is over."""

    def __init__(self) -> None:
        """Not to be seen."""
        super().__init__(id="banner", markup=False)
        self.display = False

    def show(self, text: str) -> None:
        """Show this, or nothing for an empty text."""
        self.update(Content(text))
        self.display = bool(text)


class SearchBar(Horizontal):
    """What is searched for, and how many places hold it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close", show=False),
        Binding("up,f3", "go(-1)", "older", show=False),
        Binding("down,shift+f3", "go(1)", "newer", show=False),
    ]

    class Wanted(Message):
        """Go to the next place: `direction` -1 for an older one, 1 for a newer one, 0 for the newest."""

        def __init__(self, words: str, direction: int) -> None:
            """`words` as they were typed."""
            super().__init__()
            self.words, self.direction = words, direction

    class Closed(Message):
        """The user has had enough."""

    def __init__(self) -> None:
        """Not to be seen."""
        super().__init__(id="search")
        self.display = False
        self._input = Input(placeholder="Find in this chat", compact=True, select_on_focus=False)
        self._count = Static(markup=False, classes="count")

    def compose(self) -> ComposeResult:
        """A mark, the input, the count."""
        yield Static("/", markup=False, classes="mark")
        yield self._input
        yield self._count

    def open(self, words: str = "") -> None:
        """Ready to be typed into."""
        self.display = True
        self._input.value = words or self._input.value
        self._input.focus()

    def tell(self, text: str) -> None:
        """How many, or that there is none."""
        self._count.update(Content(text))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look while it is typed."""
        event.stop()
        self.post_message(self.Wanted(event.value, 0))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next older place."""
        event.stop()
        self.post_message(self.Wanted(event.value, -1))

    def action_go(self, direction: int) -> None:
        """The next place."""
        self.post_message(self.Wanted(self._input.value, direction))

    def action_close(self) -> None:
        """Back to the conversation."""
        self.display = False
        self.post_message(self.Closed())
