"""A CLI that begins anew is told what was said, within bounds."""

from nexdiag.agent.executors.recap import MOST, with_recap
from nexdiag.core.message import Message, ToolCall


def test_nothing_to_tell() -> None:
    """The first question of a chat goes out as it was typed."""
    assert with_recap("hi", []) == "hi"


def test_told_in_order() -> None:
    """Earlier questions and answers stand above the new question; tool messages are left out."""
    call = ToolCall(id="1", name="bash", arguments="{}")
    said = [
        Message(role="user", content="one"),
        Message(role="assistant", tool_calls=(call,)),
        Message(role="tool", content="secret", tool_call_id="1"),
        Message(role="assistant", content="two"),
    ]
    told = with_recap("three", said)
    assert told.index("User: one") < told.index("Assistant: two") < told.index("three")
    assert "secret" not in told


def test_bounded() -> None:
    """A long past costs no more than its share, and says that it was cut."""
    said = [Message(role="user" if at % 2 else "assistant", content=f"{at} " + "x" * 6000) for at in range(200)]
    told = with_recap("now", said)
    assert len(told) < MOST + 500
    assert "199 " in told
    assert "left out" in told
