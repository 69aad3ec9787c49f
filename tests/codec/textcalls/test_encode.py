"""Promises of nexdiag.codec.textcalls.encode: each family's format, to the letter."""

from nexdiag.codec.textcalls import encode
from nexdiag.core.message import ToolCall

CALL = ToolCall(id="", name="f", arguments='{"a": 1}')


def test_formats_to_the_letter() -> None:
    """As the models' own templates write them."""
    assert encode([CALL], "hermes") == '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>'
    assert encode([CALL], "qwen") == (
        "<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>"
    )
    assert encode([CALL, CALL], "mistral") == '[TOOL_CALLS]f[ARGS]{"a": 1}[TOOL_CALLS]f[ARGS]{"a": 1}'
