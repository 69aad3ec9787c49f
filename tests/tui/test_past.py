"""History as entries."""

import itertools

from nexdiag.core.message import Message, ToolCall
from nexdiag.tui.entries import Answer, Note, Said, Thought, Tool
from nexdiag.tui.past import entries_of, joined, whole
from nexdiag.tui.words import Page

CALLS = (ToolCall(id="a", name="bash", arguments="{}"), ToolCall(id="b", name="grep", arguments="{}"))
TALK = (
    Message(role="system", content="be kind"),
    Message(role="user", content="hi"),
    Message(role="assistant", content=None, reasoning="hm", tool_calls=CALLS),
    Message(role="tool", tool_call_id="b", content="no", is_error=True),
    Message(role="assistant", content="Hello."),
)


def test_history_looks_as_it_did_live() -> None:
    """Thought, calls with their outputs, answer; a call that was never answered is not shown as running."""
    entries = entries_of(Page(messages=TALK, first=10, total=15), itertools.count(1).__next__)
    assert [(type(entry), entry.index) for entry in entries] == [
        (Said, 11),
        (Thought, 12),
        (Tool, 12),
        (Tool, 12),
        (Answer, 14),
    ]
    tools = [entry for entry in entries if isinstance(entry, Tool)]
    assert [(tool.name, tool.state, tool.output) for tool in tools] == [
        ("bash", "cut off", ""),
        ("grep", "failed", "no"),
    ]


def test_a_page_that_begins_with_a_tools_output_wants_what_was_before() -> None:
    assert not whole(Page(messages=TALK[3:], first=3, total=5))
    together = joined(Page(messages=TALK[:3], first=0, total=5), Page(messages=TALK[3:], first=3, total=5))
    assert whole(together)
    assert (together.messages, together.first) == (TALK, 0)


def test_an_output_without_its_call_and_an_unknown_role_are_shown_all_the_same() -> None:
    odd = (Message(role="tool", tool_call_id=None, content="x"), Message(role="narrator", content="y"))
    entries = entries_of(Page(messages=odd, total=2), itertools.count(1).__next__)
    assert [type(entry) for entry in entries] == [Tool, Note]
