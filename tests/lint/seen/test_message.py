"""One entry of a request's list, whatever the wire."""

import pytest
from hypothesis import given
from strategies import json_values

from nexdiag.lint.seen import message as traits
from nexdiag.lint.seen.message import message_of, read_message


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"role": "user", "content": "u"}, traits.USER | traits.TALKS),
        ({"role": "user", "content": " "}, traits.USER | traits.TALKS | traits.NO_TEXT | traits.BLANK),
        ({"role": "system", "content": "a <|im_end|>"}, traits.SYSTEM | traits.TALKS | traits.MARKUP),
        ({"role": "user", "content": "a < b [1]"}, traits.USER | traits.TALKS),
        ({"role": "assistant", "content": None}, traits.ASSISTANT | traits.TALKS | traits.NO_TEXT),
        ({"role": "developer", "content": "x", "cache": 1}, traits.DEVELOPER | traits.TALKS | traits.EXTRA),
        ({"role": "user", "content": [{"type": "text", "text": "x"}]}, traits.USER | traits.TALKS | traits.PARTS),
        (
            {"role": "user", "content": [{"type": "text", "text": ""}]},
            traits.USER | traits.TALKS | traits.PARTS | traits.NO_TEXT | traits.BLANK,
        ),
        ({"role": "tool", "tool_call_id": "c", "content": "r"}, traits.TOOL | traits.ANSWERS),
        ({"role": "poet", "content": "x"}, traits.OTHER | traits.TALKS),
        ({"role": 5, "content": "x"}, traits.OTHER | traits.TALKS | traits.MALFORMED),
        (None, traits.OTHER | traits.MALFORMED),
    ],
)
def test_what_is_plain_at_a_glance(value: object, expected: int) -> None:
    """By its traits the rules are chosen that look at a message."""
    assert message_of(value).traits == expected


def test_items_of_the_responses_wire_are_messages() -> None:
    """A call is the assistant's, its output a tool's; ids are those of the call."""
    called = message_of({"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"})
    answer = message_of({"type": "function_call_output", "call_id": "c", "output": "r"})
    assert (called.role, called.calls[0].id, called.calls[0].arguments, called.calls[0].where) == (
        "assistant",
        "c",
        "{}",
        "",
    )
    assert (answer.role, answer.answers, answer.text) == ("tool", ("c",), "r")


def test_a_call_knows_where_it_stands() -> None:
    """A pointer from the message to the call, on each wire."""
    both = {
        "role": "assistant",
        "content": [{"type": "text", "text": "x"}, {"type": "tool_use", "id": "a", "name": "f", "input": {}}],
        "tool_calls": [{"id": "b", "function": {"name": "g", "arguments": "{}"}}],
    }
    assert [(call.id, call.where) for call in message_of(both).calls] == [("b", "/tool_calls/0"), ("a", "/content/1")]


def test_blocks_of_converse_call_and_answer() -> None:
    """Bedrock's own wire has no types: a block is named by its only field."""
    called = message_of(
        {"role": "assistant", "content": [{"text": "x"}, {"toolUse": {"toolUseId": "a", "name": "f", "input": {}}}]}
    )
    answer = message_of({"role": "user", "content": [{"toolResult": {"toolUseId": "a", "content": [{"text": "r"}]}}]})
    assert [(call.id, call.name, call.arguments, call.where) for call in called.calls] == [
        ("a", "f", {}, "/content/1/toolUse")
    ]
    assert answer.answers == ("a",)


@pytest.mark.parametrize(
    ("value", "trait"),
    [
        ({"role": "assistant", "tool_calls": []}, traits.NO_CALLS),
        ({"role": "assistant"}, traits.MISSING),
        ({"role": "assistant", "content": "x", "tool_calls": [{"function": {"name": "f"}}]}, traits.BOTH),
        ({"role": "assistant", "tool_calls": [{"id": "a"}, {"id": "a"}]}, traits.TWICE),
        ({"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "[1]"}}]}, traits.ODD_ARGUMENTS),
        ({"role": "assistant", "tool_calls": [{"function": {"name": " "}}]}, traits.NAMELESS),
        ({"role": "tool", "tool_call_id": "a", "content": "r", "name": "f"}, traits.GIVES_NAME),
    ],
)
def test_what_hardly_any_message_is(value: object, trait: int) -> None:
    """Each is plain at a glance, and an ordinary call has none of them."""
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    assert message_of(value).traits & trait
    assert not message_of({"role": "assistant", "content": None, "tool_calls": [call]}).traits & trait


@given(json_values)
def test_anything_can_be_a_message(value: object) -> None:
    """Reading never raises, and its text reads as the same message."""
    seen = message_of(value)
    again = read_message(seen.raw)
    assert (again.kind, again.role, again.calls, again.answers, again.traits) == (
        seen.kind,
        seen.role,
        seen.calls,
        seen.answers,
        seen.traits,
    )
