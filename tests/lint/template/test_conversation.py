"""Requests of three wires as chat messages."""

import pytest

from nexdiag.lint.template.conversation import conversation_of

CALL = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "r"}
USE = {"type": "tool_use", "id": "c", "name": "f", "input": {"x": 1}}


def roles(request: dict[str, object], wire: str) -> list[object]:
    asked = conversation_of(request, wire)
    return [message["role"] for message in asked.upto(len(asked.entries))]


def test_chat_is_as_it_came() -> None:
    """Unknown fields, tools and template options among it."""
    message = {"role": "user", "content": "u", "x": 1}
    asked = conversation_of({"messages": [message, None], "tools": [1], "chat_template_kwargs": {"a": 1}})
    assert asked.upto(2) == [message, {}]
    assert (asked.upto(1), asked.tools, asked.kwargs) == ([message], [1], {"a": 1})


def test_responses() -> None:
    """Instructions stand before the items; a call and its output are two messages; a text is the user's."""
    items = [{"role": "user", "content": "u"}, CALL, OUTPUT]
    assert roles({"instructions": "s", "input": items}, "responses") == ["system", "user", "assistant", "tool"]
    assert roles({"input": "hello"}, "responses") == ["user"]


def test_anthropic() -> None:
    """The system prompt stands outside, results stand in the user's message."""
    results = [{"type": "tool_result", "tool_use_id": "c", "content": "r"}]
    messages = [
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": [USE]},
        {"role": "user", "content": results},
    ]
    tools = [{"name": "f", "input_schema": {"type": "object"}}]
    request = {"system": "s", "messages": messages, "tools": tools}
    assert roles(request, "anthropic") == ["system", "user", "assistant", "tool"]
    asked = conversation_of(request, "anthropic")
    assert asked.tools[0]["function"]["name"] == "f"
    assert [message["role"] for message in asked.upto(1)] == ["system", "user"]


@pytest.mark.parametrize("wire", ["chat", "anthropic", "responses"])
@pytest.mark.parametrize("said", [None, 3, "u", [None], [[]], [{"role": []}], [{"content": [None, 3]}]])
def test_no_request_is_too_malformed(wire: str, said: object) -> None:
    """Whatever it holds, there are messages or none."""
    asked = conversation_of({"messages": said, "input": said, "system": [3], "tools": said}, wire)
    assert all(isinstance(message, dict) for message in asked.upto(len(asked.entries)))
