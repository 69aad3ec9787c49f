"""A chat's history as entries: what the journal holds, in the blocks that were seen when it was live. Pure."""

from collections.abc import Callable

from nexdiag.core.message import Message
from nexdiag.tui.entries import Answer, Entry, Note, Said, Thought, Tool
from nexdiag.tui.words import Page


def entries_of(page: Page, make_key: Callable[[], int]) -> list[Entry]:
    """One block for each thing said, thought, answered or called; a tool's output goes into the box of its call."""
    entries: list[Entry] = []
    open_calls: dict[str, Tool] = {}
    for at, message in enumerate(page.messages, page.first):
        if message.role == "tool":
            _output(message, at, entries, open_calls, make_key)
        elif message.role == "assistant":
            open_calls = {}
            _reply(message, at, entries, open_calls, make_key)
        elif message.role == "user":
            entries.append(Said(key=make_key(), index=at, text=message.text))
        elif message.role not in ("system", "developer"):
            entries.append(Note(key=make_key(), index=at, text=f"{message.role}: {message.text}"))
    return entries


def whole(page: Page) -> bool:
    """Whether it begins with a message that stands for itself: a tool's output belongs to a call before it."""
    return page.first == 0 or not page.messages or page.messages[0].role != "tool"


def joined(earlier: Page, later: Page) -> Page:
    """Two pieces that lie side by side."""
    return Page(messages=(*earlier.messages, *later.messages), first=earlier.first, total=later.total)


def _reply(
    message: Message, at: int, entries: list[Entry], open_calls: dict[str, Tool], make_key: Callable[[], int]
) -> None:
    if message.reasoning:
        size = len(message.reasoning)
        entries.append(Thought(key=make_key(), index=at, pieces=[message.reasoning], size=size, done=True))
    if message.text:
        size = len(message.text)
        entries.append(Answer(key=make_key(), index=at, pieces=[message.text], size=size, done=True))
    for call in message.tool_calls:
        tool = Tool(key=make_key(), index=at, name=call.name, call_id=call.id, arguments=call.arguments)
        tool.state = "cut off"
        open_calls.setdefault(call.id, tool)
        entries.append(tool)


def _output(
    message: Message, at: int, entries: list[Entry], open_calls: dict[str, Tool], make_key: Callable[[], int]
) -> None:
    tool = open_calls.pop(message.tool_call_id or "", None)
    if tool is None:
        tool = Tool(key=make_key(), index=at, name="tool", call_id=message.tool_call_id or "")
        entries.append(tool)
    tool.output, tool.state = message.text, "failed" if message.is_error else "ran"
