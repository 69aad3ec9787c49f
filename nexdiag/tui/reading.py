"""Reading a chat: scrolling, older messages, the search, the clipboard."""

from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from nexdiag.core.errors import NexdiagError
from nexdiag.tui.answer import AnswerBlock
from nexdiag.tui.bars import SearchBar
from nexdiag.tui.blocks import Block
from nexdiag.tui.desk import Desk
from nexdiag.tui.finding import Finder
from nexdiag.tui.link import earlier
from nexdiag.tui.prompt import Prompt
from nexdiag.tui.recall import Recall
from nexdiag.tui.shell import Shell
from nexdiag.tui.view import Sleep


class Reading(Shell):
    """What one does with what is there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+f", "find", "find", priority=True),
        Binding("ctrl+y", "copy_answer", "copy the last answer", priority=True),
        Binding("y", "copy_block", "copy", show=False),
        Binding("ctrl+end", "to_end", "to the newest", priority=True),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
    ]

    def __init__(self, desk: Desk, recall: Recall, *, sleep: Sleep) -> None:
        """`desk` knows the daemon."""
        super().__init__(recall, sleep=sleep)
        self.desk = desk
        self.finder = Finder(self.view, self.load_earlier)
        self._loading = False

    # ---- scrolling

    def on_prompt_paged(self, event: Prompt.Paged) -> None:
        """A page of the conversation, from the input."""
        self.view.page(event.direction)

    def action_page(self, direction: int) -> None:
        """A page of the conversation."""
        self.view.page(direction)

    def action_to_end(self) -> None:
        """The newest."""
        self.view.to_end()

    def on_conversation_top_reached(self) -> None:
        """Older messages are wanted."""
        self.begin(self.load_earlier, "earlier")

    async def load_earlier(self) -> bool:
        """Load a page of older messages; False if there is none."""
        if self._loading or not self.view.first:
            return False
        self._loading = True
        transcript = self.view.transcript
        try:
            page = await earlier(self.desk.daemon, self.desk.chat, self.view.first)
            if page.first >= self.view.first or self.view.transcript is not transcript:
                return False
            await self.view.put_before(page)
        except NexdiagError as error:
            self.say(error.what, wrong=True)
            return False
        finally:
            self._loading = False
        return True

    # ---- searching

    def action_find(self, words: str = "") -> None:
        """Open the search."""
        self.search.open(words)

    def on_search_bar_wanted(self, event: SearchBar.Wanted) -> None:
        """Go to the next place."""
        find = partial(self._find, event.words, event.direction)
        self.begin(find, "find", alone=True)

    async def _find(self, words: str, direction: int) -> None:
        self.search.tell(await self.finder.go(words, direction))

    def on_search_bar_closed(self) -> None:
        """Back to the input."""
        self.finder.leave()
        self.prompt.focus()

    # ---- copying

    def action_copy_answer(self) -> None:
        """The last answer, to the clipboard."""
        text = self.view.last_answer()
        if text:
            self.copy_text(text, "the last answer")
        else:
            self.say("there is no answer to copy", wrong=True)

    def action_copy_block(self) -> None:
        """The block that has the focus, to the clipboard; else the last answer."""
        block = self.focused
        if isinstance(block, Block | AnswerBlock):
            self.copy_text(block.copied(), "this block")
        else:
            self.action_copy_answer()
