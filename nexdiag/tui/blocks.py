"""The blocks of a conversation on the screen: one widget for each entry of the transcript.

Law: every text goes through `visible` and into `Content`: no markup is read. A block that is drawn again costs no
more than itself, and only the block that changed is.
"""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.widget import Widget
from textual.widgets import Static

from nexdiag.report.visible import visible
from nexdiag.tui import faces
from nexdiag.tui.entries import Answer, Entry, Failure, Note, Said, Thought, Tool


class Block(Static):
    """A block that is one text."""

    def __init__(self, entry: Entry, *, focusable: bool = False) -> None:
        """Nothing is drawn before it is mounted."""
        super().__init__(markup=False, classes=type(entry).__name__.lower())
        self.entry = entry
        self.words = ""
        """What is marked in it."""
        self.can_focus = focusable

    def on_mount(self) -> None:
        """Draw it."""
        self.draw()

    async def show(self) -> None:
        """The entry has changed."""
        self.draw()

    def draw(self) -> None:
        """Draw it again."""
        self.update(faces.marked(self.face(), self.words))

    def face(self) -> Content:
        """What is to be seen."""
        raise NotImplementedError

    def mark(self, words: str) -> None:
        """Mark the words in it; none for an empty text."""
        self.words = words
        self.draw()

    def copied(self) -> str:
        """What copying it gives."""
        return self.content.plain if isinstance(self.content, Content) else ""


class SaidBlock(Block):
    """What the user said."""

    entry: Said

    def face(self) -> Content:
        """The words; dimmed while they wait."""
        self.set_class(self.entry.waiting, "-waiting")
        text = Content(visible(self.entry.text))
        return text + Content.styled("   queued", "$dim italic") if self.entry.waiting else text

    def copied(self) -> str:
        """As it was said."""
        return self.entry.text


class NoteBlock(Block):
    """A line beside the conversation."""

    entry: Note

    def face(self) -> Content:
        """One line."""
        self.set_class(self.entry.alarm, "-alarm")
        return Content(f"· {visible(self.entry.text)}")


class FailureBlock(Block):
    """Why there is no answer."""

    entry: Failure

    def face(self) -> Content:
        """The line as it came."""
        return Content.styled("✗ ", "bold") + Content(visible(self.entry.text))


class FoldedBlock(Block):
    """A block of one line that opens to the whole."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "fold", "open or fold", show=False)]

    def __init__(self, entry: Entry) -> None:
        """Folded."""
        super().__init__(entry, focusable=True)
        self.opened = False

    def action_fold(self) -> None:
        """Open or fold it."""
        self.opened = not self.opened
        self.set_class(self.opened, "-open")
        self.draw()

    def on_click(self, event: Click) -> None:
        """A click does as Enter does."""
        event.stop()
        self.action_fold()


class ToolBlock(FoldedBlock):
    """A tool call."""

    entry: Tool
    _turned = 0

    def spin(self, at: int) -> None:
        """Another mark of the same width, in the same place."""
        self._turned = at
        if self.is_mounted:
            self.update(faces.marked(self.face(), self.words), layout=False)

    def face(self) -> Content:
        """Mark, name and the gist of the arguments; opened, the arguments and the output."""
        for state in ("building", "running", "ran", "failed"):
            self.set_class(self.entry.state == state, f"-{state}")
        head = faces.tool_head(self.entry, self._turned)
        return head + faces.tool_body(self.entry) if self.opened else head

    def copied(self) -> str:
        """The output."""
        return self.entry.output or self.entry.arguments


class ThoughtBlock(FoldedBlock):
    """What the model thought."""

    entry: Thought

    def face(self) -> Content:
        """How much it is; opened, its words."""
        return faces.thought(self.entry, opened=self.opened)

    def copied(self) -> str:
        """All of it."""
        return self.entry.text


def block_of(entry: Entry) -> Widget:
    """The widget for an entry."""
    from nexdiag.tui.answer import AnswerBlock  # noqa: PLC0415 - it is a block too

    kinds: dict[type[Entry], type[Widget]] = {
        Said: SaidBlock,
        Note: NoteBlock,
        Failure: FailureBlock,
        Tool: ToolBlock,
        Thought: ThoughtBlock,
        Answer: AnswerBlock,
    }
    return kinds[type(entry)](entry)  # type: ignore[arg-type]
