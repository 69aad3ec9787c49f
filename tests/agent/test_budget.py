"""Promises of nexdiag.agent.budget: one warning, inside the user's message, when the window fills."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import conversations

from nexdiag.agent import budget
from nexdiag.core.message import Message, ToolCall

LONG = Message(role="user", content="x" * 400)


def test_text_and_arguments_count() -> None:
    """Four characters are about a token; what is sent beside the messages comes on top."""
    call = ToolCall(id="a", name="bash", arguments="y" * 40)
    parts = Message(role="user", content=[{"type": "text", "text": "z" * 40}, {"type": "image_url", "image_url": {}}])
    messages = [LONG, Message(role="assistant", tool_calls=(call,)), parts]
    assert budget.estimate(messages) == 120
    assert budget.estimate(messages, overhead=7) == 127


@pytest.mark.parametrize(("window", "told"), [(None, False), (0, False), (1000, False), (143, False), (142, True)])
def test_the_warning_comes_when_seven_tenths_are_used(window: int | None, told: bool) -> None:
    """Without a window, or while there is room, nothing is said."""
    assert (budget.warning([LONG], window=window, reserve=0) is not None) == told


def test_what_the_answer_may_take_counts_as_used() -> None:
    """The reserve is part of the share, which is never told as more than all."""
    assert "About 80%" in (budget.warning([LONG], window=1000, reserve=700) or "")
    assert "About 100%" in (budget.warning([LONG], window=10, reserve=700) or "")


@given(conversations(), st.text(min_size=1))
def test_the_warning_makes_no_message_of_its_own(messages: tuple[Message, ...], text: str) -> None:
    """It is merged into the last message: nothing else changes, and nothing of that message is lost."""
    *before, last = messages
    *kept, merged = budget.merge_warning(messages, text)
    assert kept == before
    assert (merged.role, merged.tool_calls, merged.extra) == (last.role, last.tool_calls, last.extra)
    assert merged.text.endswith(text)
    assert merged.text.startswith(last.text)


def test_what_is_no_text_stays() -> None:
    """An image in the question is not lost when a paragraph is added; an empty question gets no blank lines."""
    image = {"type": "image_url", "image_url": {"url": "u"}}
    merged = budget.with_text(Message(role="user", content=[image]), "and?")
    assert merged.content == [image, {"type": "text", "text": "and?"}]
    assert budget.with_text(Message(role="user", content=""), "and?").content == "and?"
