"""The conversation on the screen: blocks for the transcript's entries, its newest at the bottom.

Law: what is drawn is a window. History is loaded a page at a time, what is far above goes when the window is too high,
and drawing happens at most so many times a second, however fast the model is.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from nexdiag.tui.answer import AnswerBlock
from nexdiag.tui.blocks import Block, FoldedBlock, SaidBlock, ToolBlock, block_of
from nexdiag.tui.entries import Answer, Entry, Said
from nexdiag.tui.past import entries_of
from nexdiag.tui.search import Hit
from nexdiag.tui.transcript import Transcript
from nexdiag.tui.words import Page

FRAME = 0.05
"""Seconds between two drawings, at least."""
KEEP = 1500
"""Lines that stay when what is far above goes."""
SLACK = 1000
"""Lines more than that before it goes."""
_NEAR_TOP = 2

Sleep = Callable[[float], Awaitable[Any]]


class Conversation(VerticalScroll):
    """One chat at a time."""

    can_focus = False

    class TopReached(Message):
        """The user wants to see what was before."""

    class Moved(Message):
        """The user has scrolled away from the end, or back to it."""

    def __init__(self, *, sleep: Sleep = asyncio.sleep) -> None:
        """Empty."""
        super().__init__(id="conversation")
        self.transcript = Transcript()
        self.first = 0
        """The place in the chat's history of the first message that is on the screen."""
        self.greeting = ""
        """What an empty chat shows."""
        self.drawings = 0
        """How many times something was drawn."""
        self._sleep = sleep
        self._dirty = asyncio.Event()
        self._drawing = asyncio.Lock()
        self._blocks: dict[int, Widget] = {}

    def on_mount(self) -> None:
        """Draw from now on."""
        self.anchor()
        self.run_worker(cast("Any", self._draw_on), name="draw")

    # ---- drawing

    def render(self) -> Content:
        """Behind the blocks nothing; in an empty chat, how to begin."""
        return Content("") if self.children or not self.greeting else Content.styled(self.greeting, "$faint")

    def touch(self) -> None:
        """The transcript has changed."""
        self._dirty.set()

    async def _draw_on(self) -> None:
        while True:
            await self._dirty.wait()
            began = time.perf_counter()
            await self.draw()
            await self._sleep(max(FRAME, time.perf_counter() - began))

    async def draw(self) -> None:
        """Draw what has changed since the last time."""
        async with self._drawing:
            self._dirty.clear()
            changes = self.transcript.take_changes()
            if not changes.changed and not changes.removed:
                return
            if not self.children:
                self.refresh()  # the greeting goes
            self.drawings += 1
            with self.app.batch_update():
                for entry in changes.removed:
                    await self._drop(entry)
                fresh: list[Entry] = []
                for entry in changes.changed:
                    block = self._blocks.get(entry.key)
                    if block is None:
                        fresh.append(entry)
                    else:
                        await cast("Block", block).show()
                await self._put(fresh)
        self.call_after_refresh(self._shed)

    async def _put(self, entries: Sequence[Entry]) -> None:
        """At the end, but for what the user has said ahead of time: that stays last."""
        waiting = [entry for entry in entries if isinstance(entry, Said) and entry.waiting]
        queued = next((block for block in self.children if isinstance(block, SaidBlock) and block.entry.waiting), None)
        for group, before in (([entry for entry in entries if entry not in waiting], queued), (waiting, None)):
            blocks = [self._block(entry) for entry in group]
            if blocks:
                at = self.children.index(before) if before is not None else len(self.children)
                _space(blocks, self.children[at - 1] if at else None)
                await self.mount_all(blocks, before=before)

    def _block(self, entry: Entry) -> Widget:
        block = self._blocks[entry.key] = block_of(entry)
        return block

    async def _drop(self, entry: Entry) -> None:
        block = self._blocks.pop(entry.key, None)
        if block is not None:
            await block.remove()

    # ---- history

    async def show_chat(self, transcript: Transcript, entries: Sequence[Entry], first: int) -> None:
        """Another chat, or this one anew: its history first, then what its transcript brings."""
        async with self._drawing:
            self.transcript, self._blocks, self.first = transcript, {}, first
            with self.app.batch_update():
                await self.remove_children()
                transcript.put_before(entries)
                await self.mount_all(_space([self._block(entry) for entry in entries]))
            self.anchor()
        self.refresh()
        self.touch()

    async def put_before(self, page: Page) -> None:
        """History that was before what is shown; what the user reads stays where it is."""
        async with self._drawing:
            entries = entries_of(page, self.transcript.new_key)
            self.first = page.first
            self.transcript.put_before(entries)
            anchor = self.children[0] if self.children else None
            with self.app.batch_update():
                blocks = _space([self._block(entry) for entry in entries])
                await self.mount_all(blocks, before=0 if anchor else None)
            if anchor is not None:
                self.release_anchor()
                self.call_after_refresh(self.scroll_to_widget, anchor, top=True, animate=False, force=True)

    def _shed(self) -> None:
        """Take away what is far above the end, if the end is what the user looks at."""
        height = self.virtual_size.height
        if not self.at_end or height <= KEEP + SLACK:
            return
        gone: list[Widget] = []
        cut = 0
        for at, block in enumerate(self.children):
            if height <= KEEP:
                break
            height -= block.outer_size.height
            follower = self.children[at + 1] if at + 1 < len(self.children) else None
            if follower is not None and _begins(block, follower):
                cut = at + 1
        gone = list(self.children[:cut])
        if not gone:
            return
        self.first = cast("Block", self.children[cut]).entry.index or self.first
        entries = [cast("Block", block).entry for block in gone]
        self.transcript.forget(entries)
        for entry in entries:
            self._blocks.pop(entry.key, None)
        self.remove_children(gone)

    # ---- moving

    @property
    def at_end(self) -> bool:
        """Whether the newest is on the screen."""
        return self.scroll_offset.y >= self.max_scroll_y - 1

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Tell when the user comes to the top, or leaves the end."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and new_value <= _NEAR_TOP and self.first > 0:
            self.post_message(self.TopReached())
        self.post_message(self.Moved())

    def page(self, direction: int) -> None:
        """A page up (-1) or down (1)."""
        if direction < 0:
            self.release_anchor()
            if self.scroll_offset.y <= 0 and self.first > 0:
                self.post_message(self.TopReached())
            self.scroll_page_up(animate=False)
        else:
            self.scroll_page_down(animate=False)

    def to_end(self) -> None:
        """The newest."""
        self.anchor()

    # ---- finding and copying

    async def reveal(self, hit: Hit, words: str) -> None:
        """Bring a block onto the screen and mark the words in it."""
        block = self._blocks.get(hit.key)
        if block is None:
            return
        if isinstance(block, FoldedBlock) and not block.opened:
            block.action_fold()
        if isinstance(block, AnswerBlock):
            await block.reveal(words)
        else:
            cast("Block", block).mark(words)
        self.release_anchor()
        self.call_after_refresh(self.scroll_to_widget, block, top=True, animate=False, force=True)

    def unmark(self, hit: Hit) -> None:
        """Mark nothing in it any more."""
        block = self._blocks.get(hit.key)
        if block is not None:
            cast("Block", block).mark("")

    def spin(self, at: int) -> None:
        """Turn the marks of the tools that run; nothing is laid out again."""
        for tool in self.transcript.running_tools():
            block = self._blocks.get(tool.key)
            if isinstance(block, ToolBlock):
                block.spin(at)

    def last_answer(self) -> str | None:
        """The newest answer, as it came."""
        answers = [entry for entry in self.transcript.entries.values() if isinstance(entry, Answer)]
        return answers[-1].text if answers else None


def _space(blocks: list[Widget], before: Widget | None = None) -> list[Widget]:
    """The same blocks; what follows an answer keeps no distance of its own, for an answer ends with a blank line."""
    for block in blocks:
        block.set_class(isinstance(before, AnswerBlock), "-close")
        before = block
    return blocks


def _begins(before: Widget, block: Widget) -> bool:
    """Whether the block is where a message begins whose place in the history is known."""
    index = cast("Block", block).entry.index
    return index is not None and index != cast("Block", before).entry.index
