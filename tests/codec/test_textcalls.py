"""Promises of nexdiag.codec.textcalls: one import for what others need."""

from nexdiag.codec import textcalls


def test_what_is_promised_is_there() -> None:
    """Everything in `__all__` exists, and a call goes there and back."""
    assert all(hasattr(textcalls, name) for name in textcalls.__all__)
    (call,) = textcalls.recover('<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>', {"f"}).calls
    assert textcalls.recover(textcalls.encode([call], "kimi"), {"f"}).calls == (call,)
