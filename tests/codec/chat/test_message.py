"""Promises of nexdiag.codec.chat.message: messages go out as servers want them, and any shape is read."""

import json

import msgspec
import pytest
import strategies as our
from hypothesis import given

from nexdiag.codec.chat.message import ToolSpec, decode_message, decode_spec, encode_message, spec_value
from nexdiag.core.message import Message, ToolCall

CALL = ToolCall(id="c1", name="f", arguments='{"a": 1}')
WIRE_CALL = '{"id":"c1","type":"function","function":{"name":"f","arguments":"{\\"a\\": 1}"}}'


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (Message(role="system", content="Be."), '{"role":"system","content":"Be."}'),
        (
            Message(role="user", content=[{"type": "text", "text": "é"}]),
            '{"role":"user","content":[{"type":"text","text":"é"}]}',
        ),
        (
            Message(role="assistant", tool_calls=(CALL,)),
            f'{{"role":"assistant","content":null,"tool_calls":[{WIRE_CALL}]}}',
        ),
        (
            Message(role="assistant", content="", tool_calls=(CALL,)),
            f'{{"role":"assistant","content":null,"tool_calls":[{WIRE_CALL}]}}',
        ),
        (
            Message(role="assistant", content="So", tool_calls=(CALL,)),
            f'{{"role":"assistant","content":"So","tool_calls":[{WIRE_CALL}]}}',
        ),
        (
            Message(role="tool", content="no", tool_call_id="c1", is_error=True),
            '{"role":"tool","content":"no","tool_call_id":"c1"}',
        ),
        (Message(role="assistant", content="a", reasoning="hm"), '{"role":"assistant","content":"a"}'),
        (
            Message(role="assistant", content="a", reasoning="hm", extra={"reasoning_content": "hm"}),
            '{"role":"assistant","content":"a","reasoning_content":"hm"}',
        ),
        (Message(role="assistant"), '{"role":"assistant","content":null}'),
        (Message(role="assistant", content=""), '{"role":"assistant","content":""}'),
    ],
)
def test_message_to_the_byte(message: Message, text: str) -> None:
    """Each kind of message is written so and not otherwise; reasoning and error marks stay at home."""
    assert encode_message(message).decode() == text


@given(our.conversations())
def test_round_trip(messages: tuple[Message, ...]) -> None:
    """A message reads back as it was, but for what the wire has no place for: reasoning, and a tool's error mark."""
    for message in messages:
        sent = msgspec.structs.replace(message, reasoning=None, is_error=False)
        assert decode_message(json.loads(encode_message(message))) == sent


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"role": "critic", "content": "x"}, Message(role="critic", content="x")),
        ({"role": "user"}, Message(role="user")),
        (
            {"role": "user", "content": ["a", {"type": "text", "text": "b"}, 3]},
            Message(
                role="user",
                content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, {"type": "text", "text": "3"}],
            ),
        ),
        (
            {"role": "user", "content": {"type": "text", "text": "b"}},
            Message(role="user", content=[{"type": "text", "text": "b"}]),
        ),
        ({"role": "user", "content": 3}, Message(role="user", content="3")),
        ({"role": None, "content": None, "tool_calls": None}, Message(role="")),
        ({"content": "x", "tool_call_id": 3}, Message(role="", content="x", tool_call_id="3")),
        (
            {"role": "user", "content": "x", "name": "ann", "z": None},
            Message(role="user", content="x", extra={"name": "ann", "z": None}),
        ),
        (
            {"role": "assistant", "reasoning": "", "reasoning_content": "hm"},
            Message(
                role="assistant",
                reasoning="hm",
                extra={"reasoning": "", "reasoning_content": "hm"},
            ),
        ),
        ("just text", Message(role="", content="just text")),
        (None, Message(role="", content="")),
        ([1], Message(role="", content="[1]")),
    ],
)
def test_any_shape_is_read(value: object, message: Message) -> None:
    """Roles, contents and fields of odd shapes come to the nearest right one."""
    assert decode_message(value) == message


@pytest.mark.parametrize(
    ("value", "calls"),
    [
        ([{"function": {"name": "f", "arguments": {"a": [1, "é"]}}}], [("", "f", '{"a":[1,"é"]}')]),
        ({"id": "x", "function": {"name": "f", "arguments": "{"}}, [("x", "f", "{")]),
        ([{"id": 7, "function": {"name": None}}, "no", None], [("7", "", "")]),
        ([{"id": "x", "function": "f"}], [("x", "", "")]),
        ("no", []),
        ([], []),
    ],
)
def test_any_shape_of_calls_is_read(value: object, calls: list[tuple[str, str, str]]) -> None:
    """Arguments as an object become compact JSON, a missing id is empty, and what is no object is left out."""
    message = decode_message({"role": "assistant", "tool_calls": value})
    assert [(call.id, call.name, call.arguments) for call in message.tool_calls] == calls


@given(our.json_values)
def test_nothing_raises(value: object) -> None:
    """Any JSON, in any place of a message, is read and can be written again."""
    for message in (
        value,
        {"role": value, "content": value, "tool_calls": value, "tool_call_id": value, "reasoning": value},
    ):
        encode_message(decode_message(message))
    encode_message(decode_message({"tool_calls": [{"id": value, "function": {"name": value, "arguments": value}}]}))
    decode_spec({"function": {"name": "f", "description": value, "parameters": value}})
    decode_spec(value)


@given(our.tool_specs)
def test_tool_round_trip(spec: ToolSpec) -> None:
    """A tool reads back as it was told."""
    assert decode_spec(spec_value(spec)) == spec


def test_what_a_server_signs_goes_back() -> None:
    """Fields of a call that are not ours are written as they were read (Gemini's thought signature)."""
    value = json.loads(WIRE_CALL) | {"extra_content": {"google": {"thought_signature": "s"}}}
    message = decode_message({"role": "assistant", "content": None, "tool_calls": [value]})
    assert json.loads(encode_message(message))["tool_calls"] == [value]


def test_reasoning_goes_back_where_it_is_wanted() -> None:
    """Under the field that the server reads it from, on assistant messages, and never over what came from the wire."""
    message = Message(role="assistant", content="a", reasoning="hm")
    assert json.loads(encode_message(message, reasoning_field="reasoning_content"))["reasoning_content"] == "hm"
    asked = Message(role="user", content="a", reasoning="hm")
    assert encode_message(asked, reasoning_field="reasoning") == encode_message(asked)
    both = Message(role="assistant", content="a", reasoning="hm", extra={"reasoning": "as it came"})
    assert json.loads(encode_message(both, reasoning_field="reasoning"))["reasoning"] == "as it came"


def test_the_old_function_call_is_read() -> None:
    """A history from before `tool_calls` has its call where calls are."""
    value = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    assert decode_message(value) == Message(role="assistant", tool_calls=(ToolCall(id="", name="f", arguments="{}"),))


def test_a_schema_goes_out_without_keywords_that_the_server_does_not_take() -> None:
    """At any depth; a property that happens to have such a name stays."""
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"const": {"type": "string", "const": "x"}, "list": {"items": {"const": 1, "type": "integer"}}},
    }
    spec = ToolSpec(name="f", description="", parameters=schema)
    sent = spec_value(spec, without=("additionalProperties", "const"))["function"]["parameters"]
    assert sent == {
        "type": "object",
        "properties": {"const": {"type": "string"}, "list": {"items": {"type": "integer"}}},
    }
